// Keeps V8's heap near to what the daemon needs. By its defaults V8 lets it grow to several times that
// before it collects anything, on every node of the cluster. First in the bundle, so that it holds from the start.
import { setFlagsFromString } from 'node:v8';

// The space for new objects stays at its first size of 1 MiB.
setFlagsFromString('--semi-space-growth-factor=1');
// Less is kept for speed, such as code that is compiled twice; a cached answer costs the same.
setFlagsFromString('--optimize-for-size');
// That alone would collect old objects at every other connection: they may grow by a fifth first.
setFlagsFromString('--heap-growing-percent=20');
// Helpers for the young space cost more to wake than they save with so little to look through.
setFlagsFromString('--no-parallel-scavenge');
// The compiler between the quick and the optimising one; its own pages would be resident as well.
setFlagsFromString('--no-maglev');
