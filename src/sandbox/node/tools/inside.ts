// Preloaded into every Node process of an emulated pod, in place of the namespaces that a container
// runtime would give it.
import { NAMESPACE_VARIABLE, readNamespace } from '../namespace.ts';
import { mapFiles } from './files.ts';
import { mapNetwork } from './network.ts';

const text = process.env[NAMESPACE_VARIABLE];
if (text === undefined) throw new Error(`${NAMESPACE_VARIABLE} is not set: this runs in the sandbox only`);
const space = readNamespace(text);
mapNetwork(space);
mapFiles(space);
