// As much of the OpenAPI documents as kubectl reads before it writes: that the server validates fields.
// There are no schemas in them, so `kubectl explain` finds nothing.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
import { type ResourceType, resourceTypes } from '../resources.ts';

const pathOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;

/** The document at /openapi/v3 or below; undefined when there is none. */
export function openApiDocument(path: string): unknown {
  if (path === '/openapi/v3') {
    const paths = [...new Set(resourceTypes.map(({ apiVersion }) => pathOf(apiVersion)))];
    return {
      paths: Object.fromEntries(paths.map((each) => [each, { serverRelativeURL: `/openapi/v3/${each}` }])),
    };
  }
  const types = resourceTypes.filter(({ apiVersion }) => path === `/openapi/v3/${pathOf(apiVersion)}`);
  if (types.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: types[0]!.apiVersion },
    paths: Object.fromEntries(types.map((type) => [`/${objectPath(type)}`, { patch: operation(type) }])),
  };
}

const objectPath = ({ apiVersion, namespaced, plural }: ResourceType): string =>
  `${pathOf(apiVersion)}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`;

const operation = ({ group, version, kind }: ResourceType): object => ({
  parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  })),
  responses: { 200: { description: 'OK' } },
  'x-kubernetes-action': 'patch',
  'x-kubernetes-group-version-kind': { group, version, kind },
});
