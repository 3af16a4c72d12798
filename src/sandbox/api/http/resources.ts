// Requests about resources: the verb is carried out and the answer sent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/callers.ts';
import { answerReview, isReview } from '../access/reviews.ts';
import { issueServiceAccountToken } from '../access/service-account-token.ts';
import type { Core } from '../core.ts';
import type { ApiObject } from '../object.ts';
import { applyObject, patchObject, replaceObject } from '../operations/change.ts';
import { createObject } from '../operations/create.ts';
import { listObjects, matcherOf, readObject as readOne } from '../operations/read.ts';
import { deleteObject } from '../operations/remove.ts';
import { ApiError, badRequest, methodNotAllowed, success } from '../status.ts';
import { mediaType, parseYaml, readBody, readObject } from './body.ts';
import { sendLog } from './log.ts';
import { applyForce, deleteOptions, listQuery, refuseForce, writeOptions } from './options.ts';
import { sendJson } from './reply.ts';
import type { ApiRequest, ResourceRequest } from './request.ts';
import { tableOf, wantsTable } from './table.ts';
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
  get: ({ core, response, resource, message }) => {
    const object = readOne(core, resource);
    const table = wantsTable(message.headers.accept) ? tableOf(resource.type, [object], {}) : null;
    sendJson(response, 200, table ?? object);
  },
  list: ({ core, response, resource, request, message }) => {
    const list = listObjects(core, resource.type, listQuery(resource, request.query));
    const objects = list.items as ApiObject[];
    const table = wantsTable(message.headers.accept) ? tableOf(resource.type, objects, list.metadata) : null;
    sendJson(response, 200, table ?? list);
  },
  watch: (exchange) => sendWatch(exchange),
  create,
  update: async ({ message, ...exchange }) => {
    const { core, response, resource } = exchange;
    const body = await readObject(message, resource.type.kind);
    sendJson(response, 200, replaceObject(core, resource, body, writeOptions({ message, ...exchange })));
  },
  patch,
  delete: remove,
  deletecollection: removeAll,
};

async function create(exchange: Exchange): Promise<void> {
  const { core, message, response, resource } = exchange;
  const body = await readObject(message, exchange.resource.type.kind);
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
    const isForced = applyForce(request.query);
    const before = core.store.get(resource.type.key, resource.namespace, resource.name);
    const applied = applyObject(core, resource, await parseYaml(body), isForced, writeOptions(exchange));
    sendJson(response, before ? 200 : 201, applied);
    return;
  }
  const kind = patchKinds[type as keyof typeof patchKinds];
  if (!kind) throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  refuseForce(request.query);
  sendJson(response, 200, patchObject(core, resource, kind, parsePatch(body, kind), writeOptions(exchange)));
}

function parsePatch(body: Buffer, kind: string): unknown {
  let patch: unknown;
  try {
    patch = JSON.parse(body.toString());
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
  const wanted = kind === 'json' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
  if (Array.isArray(patch) === (kind === 'json')) return patch;
  const found = Array.isArray(patch) ? 'array' : 'object';
  throw badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go value of type ${wanted}`);
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
  const { type } = resource;
  const options = await deleteOptions(exchange);
  const query = listQuery(resource, request.query);
  const matches = matcherOf(type, query);
  const list = listObjects(core, type, { ...query, limit: 0 });
  for (const { metadata } of core.store.list(type.key, query.namespace).filter(matches)) {
    deleteObject(core, { type, namespace: metadata.namespace ?? '', name: metadata.name }, options);
  }
  sendJson(response, 200, list);
}

async function answerToken(exchange: Exchange): Promise<void> {
  const { core, resource, message, response } = exchange;
  if (resource.verb !== 'create') throw methodNotAllowed();
  sendJson(
    response,
    201,
    issueServiceAccountToken(core, resource, await readObject(message, exchange.resource.type.kind)),
  );
}
