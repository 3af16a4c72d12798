// The containers of a Docker engine as the callers, in the place of the pods of a node.
import type { DockerSettings } from '../../docker-settings.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { within } from '../../within.ts';
import type { PodIndex } from '../pod-index.ts';
import type { PodRecord } from '../pod-record.ts';
import { type Watches, watchReport } from '../watches.ts';
import { containerRecord } from './container-record.ts';
import { Containers } from './containers.ts';
import type { Engine } from './engine.ts';
import { EngineWatch } from './engine-watch.ts';

export interface DockerParts {
  docker: DockerSettings;
  engine: Engine;
  node: string | null;
  pods: PodIndex;
  log: Log;
  metrics: Metrics;
}

export interface DockerCallers extends Watches {
  /** Asks the engine about a container that is asking, no longer than this. */
  recheck(container: PodRecord, waitMs: number): Promise<void>;
}

export function watchContainers({ docker, engine, node, pods, log, metrics }: DockerParts): DockerCallers {
  const watch = new EngineWatch({
    engine,
    containers: new Containers(pods),
    read: (object) => containerRecord(object, node, docker.keys),
    log,
    onRestart: (reason) => metrics.watchRestarted('containers', reason),
  });
  return {
    ...watchReport([['containers', watch.freshness, 'containers']]),
    doubt: () => watch.doubt(),
    recheck: ({ uid }, waitMs) => within(watch.refresh(uid), waitMs, () => new Error('late')).catch(() => {}),
    close: () => watch.close(),
  };
}
