// Does a request's body fit the place that it was sent to: kind, version, namespace, known fields.
import type { WriteOptions } from '../core.ts';
import { type ApiObject, isRecord } from '../object.ts';
import { type ResourceType, typeOfKind } from '../resources.ts';
import { shapeOfKind } from '../schema/schema.ts';
import { badRequest } from '../status.ts';
import { faultsOf } from '../validation/shape.ts';

/** The body with its kind and namespace filled in; 400 when it belongs elsewhere. */
export function checkShape(
  type: ResourceType,
  namespace: string,
  body: unknown,
  options: Pick<WriteOptions, 'fieldValidation' | 'warn'>,
): ApiObject {
  if (!isRecord(body)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind})`);
  const { apiVersion = type.apiVersion, kind = type.kind } = body as Partial<ApiObject>;
  if (kind !== type.kind || (apiVersion !== type.apiVersion && !typeOfKind(apiVersion, kind))) {
    throw badRequest(
      `${kind} in version "${apiVersion.split('/').at(-1)}" cannot be handled as a ${type.kind}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  if (apiVersion !== type.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${type.apiVersion})`,
    );
  }
  const metadata = isRecord(body['metadata'])
    ? (body['metadata'] as unknown as ApiObject['metadata'])
    : { name: '' };
  if (type.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const object = {
    ...body,
    apiVersion,
    kind,
    metadata: { ...metadata, ...(type.namespaced ? { namespace } : {}) },
  } as ApiObject;
  checkFields(type, object, options);
  return object;
}

function checkFields(
  type: ResourceType,
  object: ApiObject,
  { fieldValidation, warn }: Pick<WriteOptions, 'fieldValidation' | 'warn'>,
): void {
  const { wrong, unknown } = faultsOf(object, shapeOfKind(type.apiVersion, type.kind));
  if (wrong[0]) {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: json: cannot unmarshal ${wrong[0].found} into Go struct field ${wrong[0].field} of type ${wrong[0].wanted}`,
    );
  }
  const texts = unknown.map((field) => `unknown field "${field}"`);
  if (texts.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Warn') {
    for (const text of texts) warn(text);
    return;
  }
  throw badRequest(
    `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${texts.join(', ')}`,
  );
}
