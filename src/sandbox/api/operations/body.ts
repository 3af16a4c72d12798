// Does a request's body fit the place that it was sent to: kind, version, namespace, known fields.
import type { WriteOptions } from '../core.ts';
import { type ApiObject, isRecord } from '../object.ts';
import { type ResourceType, typeOfKind } from '../resources.ts';
import { shapeOfKind } from '../schema/schema.ts';
import { badRequest, plainError } from '../status.ts';
import { faultsOf, type WrongValue, withoutUnknown } from '../validation/shape.ts';

/** The body with its kind and namespace filled in, without unknown fields; 400 when it belongs elsewhere. */
export function checkBody(
  type: ResourceType,
  namespace: string,
  body: unknown,
  options: Pick<WriteOptions, 'fieldValidation' | 'warn'>,
): ApiObject {
  if (!isRecord(body)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind})`);
  const { apiVersion = type.apiVersion, kind = type.kind } = body as Partial<ApiObject>;
  if (apiVersion !== type.apiVersion || kind !== type.kind)
    throw badRequest(misplaced(type, apiVersion, kind));
  const object = placed(type, namespace, body);
  const shape = shapeOfKind(type.apiVersion, type.kind);
  const { wrong, unknown } = faultsOf(object, shape);
  const cannot = `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
  if (wrong[0]) {
    const { goField, value, wanted } = wrong[0];
    throw badRequest(
      `${cannot}: json: cannot unmarshal ${jsonKind(value)} into Go struct field ${goField} of type ${goTypes[wanted] ?? wanted}`,
    );
  }
  const encoded = undecodable(object);
  if (encoded !== null) throw badRequest(`${cannot}: illegal base64 data at input byte ${encoded}`);
  const texts = unknown.map(({ path }) => `unknown field "${path}"`);
  if (texts.length > 0 && options.fieldValidation === 'Strict') {
    throw badRequest(`${cannot}: strict decoding error: ${texts.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') for (const text of texts) options.warn(text);
  return texts.length === 0 ? object : (withoutUnknown(object, shape) as ApiObject);
}

/** The same for a configuration to apply, which is held against the schema in its own words. */
export function checkConfiguration(
  type: ResourceType,
  { namespace, name }: { namespace: string; name: string },
  body: unknown,
): ApiObject {
  if (!isRecord(body)) throw badRequest('error decoding YAML: the configuration must be one object');
  const { apiVersion = '', kind = '' } = body as Partial<ApiObject>;
  const metadata = metadataOf(body);
  const isRight = apiVersion === type.apiVersion && kind === type.kind;
  if (!isRight)
    throw badRequest(
      `invalid object type: ${apiVersion === '' ? '/' : longVersion(apiVersion)}, Kind=${kind}`,
    );
  if (metadata.managedFields) throw badRequest('metadata.managedFields must be nil');
  if (metadata.name && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const { wrong, unknown } = faultsOf(body, shapeOfKind(apiVersion, kind));
  const texts = [
    ...unknown.map(({ applyPath }) => `${applyPath}: field not declared in schema`),
    ...wrong.map((each) => `${each.applyPath}: ${mismatch(each)}`),
  ];
  if (texts.length > 0) {
    const what = `${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${longVersion(apiVersion)}, Kind=${kind}`;
    const list = texts.length === 1 ? texts[0] : `errors:\n${texts.map((text) => `  ${text}`).join('\n')}`;
    throw plainError(500, `failed to create typed patch object (${what}): ${list}`);
  }
  return placed(type, namespace, body);
}

// Where the first value that must be base64 ceases to be it.
function undecodable(object: ApiObject): number | null {
  const values =
    object.kind === 'Secret' ? object['data'] : object.kind === 'ConfigMap' ? object['binaryData'] : null;
  for (const value of Object.values((values ?? {}) as Record<string, string>)) {
    const wrong = value.replaceAll(/[\r\n]/g, '').search(/[^A-Za-z0-9+/=]/);
    if (wrong >= 0) return wrong;
    if (value.replaceAll(/[\r\n]/g, '').length % 4 !== 0) return value.length - (value.length % 4);
  }
  return null;
}

const metadataOf = (body: Record<string, unknown>): ApiObject['metadata'] =>
  isRecord(body['metadata']) ? (body['metadata'] as unknown as ApiObject['metadata']) : { name: '' };

function placed(type: ResourceType, namespace: string, body: Record<string, unknown>): ApiObject {
  const metadata = metadataOf(body);
  if (type.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return {
    ...body,
    apiVersion: type.apiVersion,
    kind: type.kind,
    metadata: { ...metadata, ...(type.namespaced ? { namespace } : {}) },
  };
}

function misplaced(type: ResourceType, apiVersion: string, kind: string): string {
  const version = apiVersion.split('/').at(-1)!;
  const cannot = `${kind} in version "${version}" cannot be handled as a ${type.kind}`;
  if (!typeOfKind(apiVersion, kind)) {
    return `${cannot}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  }
  // The API's internal types are grouped by the first word of the group's name.
  const internal = type.group.split('.')[0] || 'core';
  return `${cannot}: converting (${version}.${kind}) to (${internal}.${type.kind}): unknown conversion`;
}

const longVersion = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;

const goTypes: Record<string, string> = {
  integer: 'int32',
  boolean: 'bool',
  time: 'string',
  bytes: '[]uint8',
};

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function mismatch({ value, wanted }: WrongValue): string {
  const found = `got &value.valueUnstructured{Value:${goLiteral(value)}}`;
  const names: Record<string, string> = {
    integer: 'numeric (int or float)',
    number: 'numeric (int or float)',
    array: 'list',
    object: 'map',
    boolean: 'boolean',
  };
  return `expected ${names[wanted] ?? 'string'}, ${found}`;
}

const goLiteral = (value: unknown): string =>
  isRecord(value) ? 'map[string]interface {}{…}' : JSON.stringify(value);
