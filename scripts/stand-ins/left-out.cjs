// Stands in for what the daemon's bundle leaves out of its libraries: Fastify's schema compilers (see
// src/proxy/no-schemas.ts), its injection of requests and its HTTP/2, and pino's worker threads.
module.exports = function leftOut() {
  throw new Error('the daemon is built without this part of the library');
};
