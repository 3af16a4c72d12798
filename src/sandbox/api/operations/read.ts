// GET: one object, or a list with selectors and pages.
import type { Core } from '../core.ts';
import type { ApiObject } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { ApiError, badRequest, expired, notFound } from '../status.ts';
import { labelMatcher } from '../store/label-query.ts';
import { fieldMatcher, type Matcher } from '../store/selectors.ts';
import type { Target } from './change.ts';

export interface ListQuery {
  /** Empty for all namespaces. */
  namespace: string;
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continue: string;
  resourceVersion: string;
  resourceVersionMatch: string;
}

export interface ObjectList {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: Omit<ApiObject, 'apiVersion' | 'kind'>[];
}

export function readObject(core: Core, { type, namespace, name }: Target): ApiObject {
  const object = core.store.get(type.key, namespace, name);
  if (!object) throw notFound(type, name);
  return object;
}

export function listObjects(core: Core, type: ResourceType, query: ListQuery): ObjectList {
  checkVersion(core, query);
  const page = query.continue ? readToken(query.continue) : { after: '', version: core.store.version };
  const matches = matcherOf(type, query);
  const found = core.store
    .list(type.key, query.namespace)
    .filter((object) => matches(object) && idOf(object) > page.after);
  const items = query.limit > 0 ? found.slice(0, query.limit) : found;
  const left = found.length - items.length;
  return {
    kind: `${type.kind}List`,
    apiVersion: type.apiVersion,
    metadata: {
      resourceVersion: String(page.version),
      ...(left > 0
        ? {
            continue: writeToken({ after: idOf(items.at(-1)!), version: page.version }),
            remainingItemCount: left,
          }
        : {}),
    },
    // As the API lists: the list's kind says it for all.
    items: items.map(({ apiVersion: _version, kind: _kind, ...item }) => item),
  };
}

export function matcherOf(
  type: ResourceType,
  { labelSelector, fieldSelector }: Pick<ListQuery, 'labelSelector' | 'fieldSelector'>,
): Matcher {
  const byLabels = labelMatcher(labelSelector);
  const byFields = fieldMatcher(fieldSelector, type.kind);
  return (object) => byLabels(object) && byFields(object);
}

const idOf = ({ metadata }: ApiObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

interface PageToken {
  after: string;
  version: number;
}

const writeToken = (token: PageToken): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function readToken(text: string): PageToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as PageToken;
    if (typeof token.after === 'string' && typeof token.version === 'number') return token;
  } catch {
    // Answered below.
  }
  throw badRequest('invalid continue token: continue key is not valid: invalid character in the token');
}

// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
function checkVersion({ store }: Core, query: ListQuery): void {
  if (query.resourceVersion === '' || query.resourceVersion === '0') return;
  const version = parseVersion(query.resourceVersion);
  if (version > store.version) {
    throw new ApiError(
      504,
      'Timeout',
      `Timeout: Too large resource version: ${version}, current: ${store.version}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    );
  }
  if (query.resourceVersionMatch === 'Exact' && version < store.version) {
    throw expired('The resourceVersion for the provided list is too old.');
  }
}

function parseVersion(text: string): number {
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}
