// Requests about resources: the verb is carried out and the answer sent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/callers.ts';
import { answerReview, isReview } from '../access/reviews.ts';
import type { Core, WriteOptions } from '../core.ts';
import { applyObject, patchObject, replaceObject, type Target } from '../operations/change.ts';
import { createObject } from '../operations/create.ts';
import { type ListQuery, listObjects, matcherOf, readObject as readOne } from '../operations/read.ts';
import { type DeleteOptions, deleteObject } from '../operations/remove.ts';
import { badRequest, methodNotAllowed, success, unsupportedMediaType } from '../status.ts';
import { mediaType, parseJson, parseYaml, readBody, readObject } from './body.ts';
import { sendLog } from './log.ts';
import { sendJson } from './reply.ts';
import { type ApiRequest, isTrue, type ResourceRequest } from './request.ts';
import { sendWatch, type WatchSettings } from './watch.ts';

export interface Exchange {
  core: Core;
  caller: Caller;
  request: ApiRequest;
  resource: ResourceRequest;
  message: IncomingMessage;
  response: ServerResponse;
  watch: WatchSettings;
}

export async function answerResource(exchange: Exchange): Promise<void> {
  const { resource } = exchange;
  if (resource.subresource === 'log') return sendLog(exchange);
  if (resource.subresource === 'token') return answerToken(exchange);
  if (!resource.type.verbs.includes(resource.verb) || isMisplaced(resource)) throw methodNotAllowed();
  await verbs[resource.verb]!(exchange);
}

// A creation names no object in its path; changes and subresources always do.
const isMisplaced = ({ verb, name, subresource }: ResourceRequest): boolean =>
  ((verb === 'create') !== (name === '') && ['create', 'update', 'patch'].includes(verb)) ||
  (subresource === 'status' && (verb === 'delete' || verb === 'create'));

const verbs: Record<string, (exchange: Exchange) => void | Promise<void>> = {
  get: ({ core, response, resource }) => sendJson(response, 200, readOne(core, resource)),
  list: ({ core, response, resource, request }) =>
    sendJson(response, 200, listObjects(core, resource.type, listQuery(resource, request.query))),
  watch: (exchange) => sendWatch(exchange),
  create,
  update: async ({ message, ...exchange }) => {
    const body = await readObject(message);
    const { core, response, resource } = exchange;
    sendJson(response, 200, replaceObject(core, resource, body, writeOptions({ message, ...exchange })));
  },
  patch,
  delete: remove,
  deletecollection: removeAll,
};

async function create(exchange: Exchange): Promise<void> {
  const { core, message, response, resource } = exchange;
  const body = await readObject(message);
  if (isReview(resource.type)) {
    sendJson(response, 201, answerReview(core, exchange.caller, resource.type, body));
    return;
  }
  const options = writeOptions(exchange);
  sendJson(response, 201, createObject(core, resource.type, resource.namespace, body, options));
}

const patchKinds = {
  'application/merge-patch+json': 'merge',
  'application/json-patch+json': 'json',
  'application/strategic-merge-patch+json': 'strategic',
} as const;

async function patch(exchange: Exchange): Promise<void> {
  const { core, message, response, resource, request } = exchange;
  const type = mediaType(message);
  const body = await readBody(message);
  if (type === 'application/apply-patch+yaml') {
    if (!request.query.get('fieldManager')) {
      throw badRequest(
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
    }
    const before = core.store.get(resource.type.key, resource.namespace, resource.name);
    const isForced = isTrue(request.query.get('force'));
    const applied = applyObject(core, resource, await parseYaml(body), isForced, writeOptions(exchange));
    sendJson(response, before ? 200 : 201, applied);
    return;
  }
  const kind = patchKinds[type as keyof typeof patchKinds];
  if (!kind) throw unsupportedMediaType([...Object.keys(patchKinds), 'application/apply-patch+yaml']);
  if (request.query.has('force')) {
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  }
  sendJson(response, 200, patchObject(core, resource, kind, parseJson(body), writeOptions(exchange)));
}

async function remove(exchange: Exchange): Promise<void> {
  const { core, response, resource } = exchange;
  const { object, isGone } = deleteObject(core, resource, await deleteOptions(exchange));
  // A pod that is gone is shown once more; of the others only a receipt is left.
  if (!isGone || resource.type.key === 'pods') return sendJson(response, 200, object);
  const { type } = resource;
  sendJson(
    response,
    200,
    success({
      name: object.metadata.name,
      ...(type.group ? { group: type.group } : {}),
      kind: type.plural,
      uid: object.metadata.uid!,
    }),
  );
}

async function removeAll(exchange: Exchange): Promise<void> {
  const { core, response, resource, request } = exchange;
  const options = await deleteOptions(exchange);
  const matches = matcherOf(resource.type, listQuery(resource, request.query));
  const list = listObjects(core, resource.type, { ...listQuery(resource, request.query), limit: 0 });
  for (const { metadata } of list.items.filter(matches)) {
    const target: Target = { ...resource, namespace: metadata.namespace ?? '', name: metadata.name };
    deleteObject(core, target, options);
  }
  sendJson(response, 200, list);
}

export function listQuery(resource: ResourceRequest, query: URLSearchParams): ListQuery {
  return {
    namespace: resource.namespace,
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: Number(query.get('limit') ?? 0),
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
}

async function deleteOptions({ message, request }: Exchange): Promise<DeleteOptions> {
  const body = ((await readObject(message)) ?? {}) as Partial<DeleteOptions> & { dryRun?: string[] };
  const grace = request.query.get('gracePeriodSeconds');
  const policy = request.query.get('propagationPolicy') as DeleteOptions['propagationPolicy'] | null;
  const gracePeriodSeconds = body.gracePeriodSeconds ?? (grace === null ? undefined : Number(grace));
  const propagationPolicy = body.propagationPolicy ?? policy ?? undefined;
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(body.preconditions ? { preconditions: body.preconditions } : {}),
    isDryRun: isDryRun(body.dryRun ?? request.query.getAll('dryRun')),
  };
}

function writeOptions({ caller, request, resource, message, response }: Exchange): WriteOptions {
  const agent = message.headers['user-agent'] ?? '';
  return {
    caller,
    isDryRun: isDryRun(request.query.getAll('dryRun')),
    manager: request.query.get('fieldManager') ?? (agent.split('/')[0] || 'unknown'),
    subresource: resource.subresource === 'status' ? 'status' : '',
    fieldValidation:
      (request.query.get('fieldValidation') as WriteOptions['fieldValidation'] | null) ?? 'Warn',
    warn: (text) => {
      response.appendHeader('warning', `299 - ${JSON.stringify(text)}`);
    },
  };
}

function isDryRun(values: string[]): boolean {
  const unknown = values.find((value) => value !== 'All' && value !== '');
  if (unknown !== undefined) {
    throw badRequest(`dryRun: Unsupported value: "${unknown}": supported values: "All"`);
  }
  return values.includes('All');
}

async function answerToken(exchange: Exchange): Promise<void> {
  const { core, resource, message, response } = exchange;
  if (resource.verb !== 'create') throw methodNotAllowed();
  const { issueServiceAccountToken } = await import('../access/service-account-token.ts');
  sendJson(response, 201, issueServiceAccountToken(core, resource, await readObject(message)));
}
