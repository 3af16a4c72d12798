// Fastify's compilers for the schemas of routes, left out: no route of the daemon has a schema, and the two
// libraries behind them would hold several MiB for nothing.
import type { FastifyServerOptions } from 'fastify';

export const NO_SCHEMAS: FastifyServerOptions['schemaController'] = {
  compilersFactory: { buildValidator: () => unneeded, buildSerializer: () => unneeded },
};

function unneeded(): never {
  throw new Error('no route of the daemon has a schema');
}
