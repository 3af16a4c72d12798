// The server for the node's operator and the kubelet, on an address that pods cannot reach.
import fastify, { type FastifyInstance } from 'fastify';
import { harmlessJson } from '../model/printed-json.ts';
import type { Metrics } from './metrics.ts';
import { NO_SCHEMAS } from './no-schemas.ts';
import type { Parts } from './parts.ts';
import { explain } from './routes/explain.ts';
import { readAddress } from './who/address.ts';

export interface Readiness {
  ready: boolean;
  /** Why it is not; empty when it is. */
  reasons: string[];
}

export function adminServer(
  parts: Parts,
  metrics: Metrics,
  readiness: () => Promise<Readiness>,
): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true, schemaController: NO_SCHEMAS });
  // The process alone: restarting it mends neither STS nor the API server.
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, reasons } = await readiness();
    return reply.code(ready ? 200 : 503).send({ ready, reasons });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get('/-/explain', async (request, reply) => {
    const { ip } = request.query as { ip?: unknown };
    const address = typeof ip === 'string' ? readAddress(ip) : null;
    if (address === null)
      return reply.code(400).send({ error: 'give the address of a pod: /-/explain?ip=10.0.0.7' });
    return reply
      .type('application/json; charset=utf-8')
      .send(harmlessJson(JSON.stringify(explain(address, parts))));
  });
  return app;
}
