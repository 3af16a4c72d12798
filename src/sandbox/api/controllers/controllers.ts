// Starts what makes a cluster of an API: each controller watches the store and acts on what it sees.
import type { Core } from '../core.ts';
import { startNamespaceController } from './namespace.ts';

/** Returns what stops them all. */
export function startControllers(core: Core, caPem: string): () => void {
  const stops = [startNamespaceController(core, caPem)];
  return () => {
    for (const stop of stops) stop();
  };
}
