// Keeps V8's heap near to what the daemon needs. By its defaults V8 lets it grow to several times that
// before it collects anything, on every node of the cluster. First in the bundle, so that it holds from the start.
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--optimize-for-size');
// The compiler between the quick and the optimising one; its own pages would be resident as well.
setFlagsFromString('--no-maglev');
