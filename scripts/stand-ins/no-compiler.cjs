// Stands in for Fastify's schema compilers in the daemon's bundle: src/proxy/no-schemas.ts leaves them out.
module.exports = () => {
  throw new Error('the daemon has no schema compiler');
};
