// What the daemon counts, for /metrics. Labels are few and bounded: no role, pod or address.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { requestFigures } from './request-figures.ts';
import { VERSION } from './version.ts';
import type { WatchLevel } from './who/watches.ts';

export interface Metrics {
  registry: Registry;
  request(route: string, status: number, seconds: number): void;
  stsCall(outcome: string, seconds: number): void;
  issued(): void;
  hit(): void;
  putOff(): void;
  refused(check: string): void;
  watchRestarted(resource: string, reason: string): void;
  tokenReviewed(outcome: string): void;
  connectionClosed(reason: string): void;
  event(outcome: 'sent' | 'failed' | 'dropped'): void;
}

export interface Levels {
  pods(): number;
  connections(): number;
  stock(): { held: number; leastLeftMs: number | null };
  watches(): WatchLevel[];
}

/** @param node null: the pods of all nodes are watched. @param levels read anew for each answer */
export function createMetrics(node: string | null, levels: Levels): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `pod_iam_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    new Histogram({ name: `pod_iam_${name}`, help, buckets, labelNames, registers });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `pod_iam_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  // By its default prom-client would wake the process a hundred times a second to see whether it is late.
  collectDefaultMetrics({ prefix: 'pod_iam_', register: registry, eventLoopMonitoringPrecision: 100 });
  new Gauge({
    name: 'pod_iam_info',
    help: 'Always 1; version and node are its labels.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: VERSION, node: node ?? '' }, 1);
  gauge('pods', 'Pods known.', levels.pods);
  gauge('connections', 'Connections of pods that are open.', levels.connections);
  gauge('credentials_held', 'Identities with valid credentials.', () => levels.stock().held);
  gauge(
    'credentials_least_left_seconds',
    'Shortest time left among the credentials held; -1 without any.',
    () => {
      const { leastLeftMs } = levels.stock();
      return leastLeftMs === null ? -1 : leastLeftMs / 1000;
    },
  );
  const watchGauge = (name: string, help: string, read: (level: WatchLevel) => number) =>
    new Gauge({
      name: `pod_iam_watch_${name}`,
      help,
      labelNames: ['resource'],
      registers,
      collect() {
        for (const level of levels.watches()) this.set({ resource: level.resource }, read(level));
      },
    });
  watchGauge(
    'up',
    'Whether the watch is open: 1, or 0 while the daemon goes by what it knew before.',
    (level) => (level.isUp ? 1 : 0),
  );
  watchGauge(
    'silent_seconds',
    "Time since the API server's last sign of life on this watch; -1 before the first.",
    ({ silentMs }) => (silentMs === null ? -1 : silentMs / 1000),
  );
  const request = requestFigures(registry);
  const calls = counter('sts_calls_total', 'Calls to STS by outcome.', ['outcome']);
  const callSeconds = histogram(
    'sts_call_duration_seconds',
    'Time STS took.',
    [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5],
  );
  const issued = counter('credentials_issued_total', 'Credentials that STS has given.');
  const hits = counter('credentials_hits_total', 'Documents served without asking STS.');
  const putOff = counter(
    'identities_put_off_total',
    'Times that STS was not asked for an identity, because its pod has changed too often.',
  );
  const refusals = counter('refusals_total', "Refusals by the catalogue's code.", ['check']);
  const restarts = counter('watch_restarts_total', 'Ends of a watch by reason.', ['resource', 'reason']);
  const reviews = counter('token_reviews_total', 'Questions whose a service account token is.', ['outcome']);
  const closed = counter('connections_closed_total', 'Connections closed by the limits for one address.', [
    'reason',
  ]);
  const events = counter('events_total', 'Kubernetes events by outcome.', ['outcome']);

  return {
    registry,
    request,
    stsCall(outcome, took) {
      calls.inc({ outcome });
      callSeconds.observe(took);
    },
    issued: () => issued.inc(),
    hit: () => hits.inc(),
    putOff: () => putOff.inc(),
    refused: (check) => refusals.inc({ check }),
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
    tokenReviewed: (outcome) => reviews.inc({ outcome }),
    connectionClosed: (reason) => closed.inc({ reason }),
    event: (outcome) => events.inc({ outcome }),
  };
}
