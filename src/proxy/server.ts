// The server on the intercepted address. Every request goes to one judgement, whatever its path, so that
// no spelling can slip past routes/target.ts. What clients really send is answered at the socket when the
// answer is known; a request that has to be waited for is Fastify's.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { steadyMs } from './clock.ts';
import type { Connections } from './connections.ts';
import { judgeBy } from './judgement.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { NO_SCHEMAS } from './no-schemas.ts';
import type { Ask } from './parts.ts';
import { type PlainConnections, plainConnections } from './plain-connections.ts';
import { type Answer, SERVER } from './reply.ts';
import type { Routed } from './routes/answer.ts';
import type { Soon } from './soon.ts';
import { answerUnreadable } from './unreadable.ts';
import { canonicalAddress } from './who/address.ts';

/** Longer than any SDK keeps an idle connection. */
const KEEP_ALIVE_MS = 75_000;
/** SDKs send a request in one piece. A connection over which none comes is closed after the same time. */
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
const CHECK_MS = 1_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export function metadataServer(
  route: (ask: Ask) => Soon<Routed>,
  { log, metrics, connections }: { log: Log; metrics: Metrics; connections: Connections },
): FastifyInstance {
  const judge = judgeBy(route, { log, metrics });
  const waiting = new WeakMap<IncomingMessage, Promise<Answer>>();
  let plain: PlainConnections;
  const app = fastify({
    logger: false,
    rewriteUrl: () => '/',
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    schemaController: NO_SCHEMAS,
    clientErrorHandler: answerUnreadable,
    serverFactory: (handOver) => server(handOver as Handler),
  });

  function server(handOver: Handler) {
    const limits = {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      // What is missing is said in the daemon's own form.
      requireHostHeader: false,
      // Of two Host headers the second would else be dropped unseen.
      joinDuplicateHeaders: true,
    };
    const server = createServer(limits, (request, response) => {
      const begun = plain.begun(request.socket);
      if (begun) connections.answers(request.socket, response);
      else if (!connections.begin(request.socket, response)) return;
      const answer = begun ?? judge(new ReceivedAsk(request));
      if (!(answer instanceof Promise)) return write(response, answer);
      waiting.set(request, answer);
      handOver(request, response);
    });
    // Who has sent all there is to send, as scripts with nc do, still gets what it has to wait for.
    Object.assign(server, { httpAllowHalfOpen: true });
    const [accept] = server.listeners('connection');
    server.removeAllListeners('connection');
    plain = plainConnections({
      connections,
      judge,
      handOver: (socket) => accept!.call(server, socket),
      keepAliveMs: KEEP_ALIVE_MS,
      silentMs: HEADERS_MS,
      checkMs: CHECK_MS,
    });
    return server.on('connection', plain.take);
  }

  app.addHook('preClose', async () => plain.close());
  // No route reads a body, and none may be refused for its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { headers, ...answer } = await waiting.get(request.raw)!;
    // Fastify would write the names of headers in small letters.
    reply.hijack();
    write(reply.raw, { ...answer, headers: { ...headers, ...(plain.isClosing && { Connection: 'close' }) } });
    return reply;
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
  response.writeHead(status, { ...headers, Server: SERVER, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
