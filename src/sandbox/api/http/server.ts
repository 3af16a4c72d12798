// The HTTPS server: who asks, may they, and then the resource or document that they ask for.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Caller } from '../access/callers.ts';
import { effectiveCaller } from '../access/impersonation.ts';
import { judge, refusal } from '../access/rbac.ts';
import type { Core } from '../core.ts';
import { resourceTypes } from '../resources.ts';
import { ApiError, forbidden, noSuchResource } from '../status.ts';
import { nameInFieldSelector } from '../store/selectors.ts';
import type { Certificate } from './certificate.ts';
import { discoveryDocument } from './discovery.ts';
import { openApiDocument } from './openapi.ts';
import { sendError, sendJson, sendText } from './reply.ts';
import { type ApiRequest, attributesOf, parseRequest } from './request.ts';
import { answerResource } from './resources.ts';
import type { WatchSettings } from './watch.ts';

export function createApiServer(core: Core, certificate: Certificate, watch: WatchSettings): Server {
  return createServer({ cert: certificate.certPem, key: certificate.keyPem }, (message, response) => {
    answer(core, message, response, watch).catch((error: unknown) => sendError(response, error));
  });
}

async function answer(
  core: Core,
  message: IncomingMessage,
  response: ServerResponse,
  watch: WatchSettings,
): Promise<void> {
  const request = parseRequest(message);
  const bearer = core.callers.authenticate(message.headers.authorization);
  const caller = effectiveCaller(core.store, bearer, message.headers);
  authorize(core, caller, request);
  const { resource, path } = request;
  if (resource) return answerResource({ core, caller, request, resource, message, response, watch });
  if (path === '/healthz' || path === '/livez' || path === '/readyz') return sendText(response, 200, 'ok');
  const document = discoveryDocument(path, message.headers.host ?? '') ?? openApiDocument(path);
  if (document !== undefined) return sendJson(response, 200, document);
  if (isServedGroup(path)) throw noSuchResource();
  sendText(response, 404, '404 page not found\n');
}

// Under a group that is served a wrong path gets a Status; anything else plain text.
function isServedGroup(path: string): boolean {
  const [root, ...parts] = path.split('/').filter(Boolean);
  const apiVersion = root === 'api' ? parts[0] : root === 'apis' ? parts.slice(0, 2).join('/') : undefined;
  return resourceTypes.some((type) => type.apiVersion === apiVersion);
}

function authorize(core: Core, caller: Caller, request: ApiRequest): void {
  const attributes = attributesOf(request);
  // A list of one name counts as naming it.
  if (attributes.name === '' && request.resource) {
    attributes.name = nameInFieldSelector(request.query.get('fieldSelector') ?? '') ?? '';
  }
  if (judge(core.store, caller, attributes).isAllowed) return;
  const why = refusal(caller, attributes);
  if (!request.resource) throw new ApiError(403, 'Forbidden', `forbidden: ${why}`, {});
  throw forbidden(request.resource.type, request.resource.name, why);
}
