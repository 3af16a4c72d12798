// The server on the intercepted address. Fastify's router never sees a path: all of them go to one
// handler, so that no spelling can slip past the judgement in routes/target.ts.
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Log, messageOf } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Ask } from './parts.ts';
import { refusal } from './reply.ts';
import type { Routed } from './routes/answer.ts';
import { canonicalAddress } from './who/address.ts';

/** Longer than any SDK keeps an idle connection. */
const KEEP_ALIVE_MS = 75_000;

export function metadataServer(
  route: (ask: Ask) => Promise<Routed>,
  parts: { log: Log; metrics: Metrics },
): FastifyInstance {
  const app = fastify({
    logger: false,
    rewriteUrl: () => '/',
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
  });
  // No route reads a body, and none may be refused for its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const arrivedAtMs = Date.now();
    let routed: Routed;
    try {
      routed = await route({
        method: request.method,
        requestLine: request.originalUrl,
        address: canonicalAddress(request.raw.socket.remoteAddress ?? ''),
        arrivedAtMs,
        header: (name) => {
          const value = request.headers[name];
          return Array.isArray(value) ? value.join(', ') : value;
        },
      });
    } catch (error) {
      parts.log.error({ why: messageOf(error) }, 'defect');
      routed = { route: 'nothing', answer: refusal(500, 'InternalError', 'the daemon failed') };
    }
    const { status, headers, body } = routed.answer;
    parts.metrics.request(routed.route, status, (Date.now() - arrivedAtMs) / 1000);
    // Some old clients look for the name of the real server.
    return reply
      .code(status)
      .headers({ ...headers, server: 'EC2ws' })
      .send(body);
  };
  app.setNotFoundHandler(handle);
  // Fastify objects to content types only; the answer does not depend on them.
  app.setErrorHandler((_error, request, reply) => handle(request, reply));
  return app;
}
