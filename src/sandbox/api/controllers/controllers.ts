// Starts what makes a cluster of an API: each controller watches the store and acts on what it sees.
import type { Core } from '../core.ts';
import { startDaemonSets } from './daemon-set.ts';
import { startDeployments } from './deployment.ts';
import { startGarbageCollector } from './garbage.ts';
import { startHousekeeping } from './housekeeping.ts';
import { startJobs } from './job.ts';
import { startNamespaceController } from './namespace.ts';
import { startReplicaSets } from './replica-set.ts';
import { startScheduler } from './scheduler.ts';
import { startStatefulSets } from './stateful-set.ts';

/** Returns what stops them all. */
export function startControllers(core: Core, caPem: string): () => void {
  const stops = [
    startNamespaceController(core, caPem),
    startScheduler(core),
    startReplicaSets(core),
    startDeployments(core),
    startDaemonSets(core),
    startJobs(core),
    startStatefulSets(core),
    startHousekeeping(core),
    startGarbageCollector(core),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
