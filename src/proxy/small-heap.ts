// Keeps V8's heap near to what the daemon needs. By its defaults V8 lets it grow to several times that
// before it collects anything, on every node of the cluster. First in the bundle, so that it holds from the start.
import { setFlagsFromString } from 'node:v8';

// The space for new objects stays at its first size of 1 MiB.
setFlagsFromString('--semi-space-growth-factor=1');
// Less is kept for speed, such as code that is compiled twice; a cached answer costs the same.
setFlagsFromString('--optimize-for-size');
// However small the heap, V8 lets old objects grow by 8 MiB before it looks for those that are dead: nearly
// as much again as the daemon has. It begins after 60 % of that; sooner would cost each new connection more.
setFlagsFromString('--incremental-marking-hard-trigger=60');
// Code that only the start needs is dropped at the second such collection, not the sixth: a quiet node has few.
setFlagsFromString('--bytecode-old-age=2');
// Helpers for the young space cost more to wake than they save with so little to look through.
setFlagsFromString('--no-parallel-scavenge');
// The compiler between the quick and the optimising one; its own pages would be resident as well.
setFlagsFromString('--no-maglev');
