// The server on the intercepted address. Every request goes to one judgement, whatever its path, so that
// no spelling can slip past routes/target.ts. An answer that is known at once is written at once, which
// costs a cached document little more than Node's own server; one that has to be waited for is Fastify's.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { steadyMs } from './clock.ts';
import type { Connections } from './connections.ts';
import { type Log, messageOf } from './log.ts';
import type { Metrics } from './metrics.ts';
import { NO_SCHEMAS } from './no-schemas.ts';
import type { Ask } from './parts.ts';
import { type Answer, refusal } from './reply.ts';
import type { Routed } from './routes/answer.ts';
import { type Soon, whenKnown } from './soon.ts';
import { canonicalAddress } from './who/address.ts';

/** Longer than any SDK keeps an idle connection. */
const KEEP_ALIVE_MS = 75_000;
/** SDKs send a request in one piece. A connection over which none comes is closed after the same time. */
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export function metadataServer(
  route: (ask: Ask) => Soon<Routed>,
  { log, metrics, connections }: { log: Log; metrics: Metrics; connections: Connections },
): FastifyInstance {
  const waiting = new WeakMap<IncomingMessage, Promise<Answer>>();
  const app = fastify({
    logger: false,
    rewriteUrl: () => '/',
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    schemaController: NO_SCHEMAS,
    serverFactory: (handOver) => server(handOver as Handler),
  });

  function server(handOver: Handler) {
    const limits = {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 1_000,
      // Of two Host headers the second would else be dropped unseen.
      joinDuplicateHeaders: true,
    };
    const server = createServer(limits, (request, response) => {
      if (!connections.begin(request.socket, response)) return;
      const answer = judge(request);
      if (!(answer instanceof Promise)) return write(response, answer);
      waiting.set(request, answer);
      handOver(request, response);
    });
    return server.on('connection', (socket: Socket) => connections.admit(socket));
  }

  function judge(request: IncomingMessage): Soon<Answer> {
    const ask = new ReceivedAsk(request);
    const counted = ({ route, answer }: Routed): Answer => {
      metrics.request(route, answer.status, (steadyMs() - ask.arrivedAtMs) / 1000);
      return answer;
    };
    const failed = (error: unknown): Answer => {
      log.error({ why: messageOf(error) }, 'defect');
      return counted({ route: 'nothing', answer: refusal(500, 'InternalError', 'the daemon failed') });
    };
    try {
      const answer = whenKnown(route(ask), counted);
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }

  // No route reads a body, and none may be refused for its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { status, headers, body } = await waiting.get(request.raw)!;
    return reply
      .code(status)
      .headers({ ...headers, server: SERVER })
      .send(body);
  };
  app.setNotFoundHandler(handle);
  // Fastify objects to content types only; the answer does not depend on them.
  app.setErrorHandler((_error, request, reply) => handle(request, reply));
  return app;
}

/** A request as it came in. */
class ReceivedAsk implements Ask {
  readonly arrivedAtMs = steadyMs();
  readonly address: string;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.address = canonicalAddress(request.socket.remoteAddress ?? '');
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get requestLine(): string {
    return this.#request.url ?? '';
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, server: SERVER, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Some old clients look for the name of the real server. */
const SERVER = 'EC2ws';
