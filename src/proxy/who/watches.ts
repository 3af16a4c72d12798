// What the daemon watches: the pods of its node, and the namespaces where their allow-lists count.
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { DaemonSettings } from '../settings.ts';
import type { KubeApi } from './api.ts';
import { ListWatch } from './list-watch.ts';
import type { NamespaceIndex } from './namespace-index.ts';
import type { PodIndex } from './pod-index.ts';
import { podRecord } from './pod-record.ts';

export interface WatchParts {
  settings: DaemonSettings;
  api: KubeApi;
  pods: PodIndex;
  namespaces: NamespaceIndex;
  log: Log;
  metrics: Metrics;
  /** A namespace's allow-list may have changed; null: any may. */
  onNamespace(name: string | null): void;
}

export interface Watches {
  /** Why some of what should be known is not; empty when all is. */
  faults(): string[];
  /** Somebody waits for a pod that should be there. */
  doubt(): void;
  close(): void;
}

export function startWatches({
  settings,
  api,
  pods,
  namespaces,
  log,
  metrics,
  onNamespace,
}: WatchParts): Watches {
  const record = (object: unknown) =>
    podRecord(object, {
      annotations: [settings.roles.roleKey, settings.roles.externalIdKey],
      announced: settings.announcedAddresses,
      audience: settings.containerAudience,
    });
  const podWatch = new ListWatch({
    api,
    log,
    path: '/api/v1/pods',
    ...(settings.node !== null && { query: { fieldSelector: `spec.nodeName=${settings.node}` } }),
    replace: (objects) => pods.replace(objects.map(record).filter((pod) => pod !== null)),
    set: (object) => {
      const pod = record(object);
      if (pod) pods.set(pod);
    },
    remove: (object) => pods.remove(record(object)?.uid ?? ''),
    onRestart: (reason) => metrics.watchRestarted('pods', reason),
  });
  const namespaceWatch = settings.roles.namespaceRestrictions
    ? new ListWatch({
        api,
        log,
        path: '/api/v1/namespaces',
        replace: (objects) => {
          namespaces.replace(objects);
          onNamespace(null);
        },
        set: (object) => onNamespace(namespaces.set(object)),
        remove: (object) => onNamespace(namespaces.remove(object)),
        onRestart: (reason) => metrics.watchRestarted('namespaces', reason),
      })
    : null;

  return {
    faults() {
      const reasons: string[] = [];
      if (!podWatch.isSynced) reasons.push(`the pods of this node are not known: ${podWatch.failure}`);
      if (namespaceWatch && !namespaceWatch.isSynced)
        reasons.push(`the namespaces are not known: ${namespaceWatch.failure}`);
      return reasons;
    },
    doubt: () => podWatch.nudge(),
    close() {
      podWatch.close();
      namespaceWatch?.close();
    },
  };
}
