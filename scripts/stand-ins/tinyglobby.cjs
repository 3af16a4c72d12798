// Stands in for the package of this name in the bundle: oclif loads it at every start, and uses it only
// where there is no manifest.
exports.glob = (...args) => require('../../node_modules/tinyglobby/dist/index.cjs').glob(...args);
