// Keeps V8's heap near to what the daemon needs. By its defaults V8 lets it grow to several times that
// before it collects anything, on every node of the cluster. First in the bundle, so that it holds from the start.
import { setFlagsFromString } from 'node:v8';

// The space for new objects stays at its first size of 1 MiB.
setFlagsFromString('--semi-space-growth-factor=1');
// The old ones are collected when they have grown by a seventh. --optimize-for-size would take 3 MiB less, and
// half as much CPU time again for each new connection.
setFlagsFromString('--heap-growing-percent=15');
// Helpers for the young space cost more to wake than they save with so little to look through.
setFlagsFromString('--no-parallel-scavenge');
// The compiler between the quick and the optimising one; its own pages would be resident as well.
setFlagsFromString('--no-maglev');
