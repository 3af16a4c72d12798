// Stands in for node:worker_threads in the daemon's bundle: pino asks only whether it is in the main thread.
exports.isMainThread = true;
