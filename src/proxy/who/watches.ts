// What the daemon watches: the pods of its node, and the namespaces where their allow-lists count.
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { DaemonSettings } from '../settings.ts';
import type { KubeApi } from './api.ts';
import type { Freshness } from './freshness.ts';
import { ListWatch } from './list-watch.ts';
import { type NamespaceIndex, namespaceRecord } from './namespace-index.ts';
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

export interface WatchLevel {
  resource: string;
  isUp: boolean;
  /** Time since the API server's last sign of life; null before the first. */
  silentMs: number | null;
}

export interface Watches {
  /** Why some of what should be known is not, or may be out of date; empty when all is well. */
  faults(): string[];
  levels(): WatchLevel[];
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
  const podWatch = new ListWatch({
    api,
    log,
    path: '/api/v1/pods',
    ...(settings.node !== null && { query: { fieldSelector: `spec.nodeName=${settings.node}` } }),
    read: (object) =>
      podRecord(object, {
        annotations: [settings.roles.roleKey, settings.roles.externalIdKey],
        announced: settings.announcedAddresses,
        audience: settings.containerAudience,
        node: settings.node,
      }),
    replace: (all) => pods.replace(all),
    set: (pod) => pods.set(pod),
    remove: ({ uid }) => pods.remove(uid),
    onRestart: (reason) => metrics.watchRestarted('pods', reason),
  });
  const namespaceWatch = settings.roles.namespaceRestrictions
    ? new ListWatch({
        api,
        log,
        path: '/api/v1/namespaces',
        read: (object) => namespaceRecord(object, settings.roles.namespaceKey),
        replace: (all) => {
          namespaces.replace(all);
          onNamespace(null);
        },
        set: (namespace) => {
          namespaces.set(namespace);
          onNamespace(namespace.name);
        },
        remove: ({ name }) => {
          namespaces.remove(name);
          onNamespace(name);
        },
        onRestart: (reason) => metrics.watchRestarted('namespaces', reason),
      })
    : null;

  const watched: Watched[] = [['pods of this node', podWatch.freshness, 'pods']];
  if (namespaceWatch) watched.push(['namespaces', namespaceWatch.freshness, 'namespaces']);
  return {
    ...watchReport(watched),
    doubt: () => podWatch.nudge(),
    close() {
      podWatch.close();
      namespaceWatch?.close();
    },
  };
}

type Watched = [what: string, freshness: Freshness, resource: string];

/** How watches are, in sentences and in figures. */
export const watchReport = (watched: readonly Watched[]): Pick<Watches, 'faults' | 'levels'> => ({
  faults: () =>
    watched.flatMap(([what, { isSynced, isBlind, failure, silentMs }]) => {
      if (!isSynced) return [`the ${what} are not known: ${failure}`];
      if (!isBlind) return [];
      const silent = Math.round((silentMs ?? 0) / 1000);
      return [`nothing was heard of the ${what} for ${silent} s: ${failure}; those known before are served`];
    }),
  levels: () =>
    watched.map(([, { isSynced, failure, silentMs }, resource]) => ({
      resource,
      isUp: isSynced && failure === null,
      silentMs,
    })),
});
