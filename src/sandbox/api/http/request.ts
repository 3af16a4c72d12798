// What a request is about, from its path, method and query: a resource, one of its objects, or a path
// of the server itself.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
import type { IncomingMessage } from 'node:http';
import type { Attributes } from '../access/rbac.ts';
import { type ResourceType, typeAt } from '../resources.ts';
import { badRequest } from '../status.ts';

export interface ResourceRequest {
  type: ResourceType;
  /** Empty for objects of the cluster and for lists over all namespaces. */
  namespace: string;
  /** Empty for the collection. */
  name: string;
  subresource: string;
  verb: string;
}

export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Null for paths such as /version, and for resources that are not served. */
  resource: ResourceRequest | null;
}

export function parseRequest(message: Pick<IncomingMessage, 'method' | 'url'>): ApiRequest {
  const url = new URL(`https://api${message.url ?? '/'}`);
  const method = message.method ?? 'GET';
  const path = url.pathname;
  return { method, path, query: url.searchParams, resource: parseResource(method, path, url.searchParams) };
}

/** What RBAC judges. */
export function attributesOf({ resource, method, path }: ApiRequest): Attributes {
  if (!resource) {
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    return { verb, group: '', resource: '', subresource: '', namespace: '', name: '', path };
  }
  const { type, name, subresource, verb } = resource;
  // A namespace counts as lying in itself, so that a role inside it can grant it.
  const namespace = type.key === 'namespaces' ? name : resource.namespace;
  return { verb, group: type.group, resource: type.plural, subresource, namespace, name };
}

function parseResource(method: string, path: string, query: URLSearchParams): ResourceRequest | null {
  const parts = path.split('/').filter(Boolean).map(decoded);
  const root = parts.shift();
  const apiVersion =
    root === 'api' ? parts.shift() : root === 'apis' ? parts.splice(0, 2).join('/') : undefined;
  if (apiVersion === undefined || parts.length === 0) return null;
  let namespace = '';
  // /namespaces/NAME is the namespace itself, /namespaces/NAME/RESOURCE something inside it.
  if (parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status') {
    namespace = parts[1]!;
    parts.splice(0, 2);
  }
  const [plural, name = '', subresource = ''] = parts;
  const type = typeAt(apiVersion, plural!);
  if (!type || parts.length > 3) return null;
  if (type.namespaced && namespace === '' && name !== '') return null;
  if (!type.namespaced && namespace !== '') return null;
  if (subresource !== '' && !type.subresources.includes(subresource)) return null;
  return { type, namespace, name, subresource, verb: verbOf(method, name, query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`the path has an escape that means nothing: ${part}`);
  }
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (name !== '') return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}

export const isTrue = (text: string | null): boolean => text === 'true' || text === '1';
