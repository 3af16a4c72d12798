// How many requests were answered, how, and in what time. prom-client looks the labels up anew at each
// observation; here they are numbers in place until somebody asks.
import { Counter, type Metric, type Registry } from 'prom-client';

/** Upper bounds in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5];

interface RouteFigures {
  byStatus: Map<number, number>;
  /** One more than there are bounds: what took longer than the last. */
  inBucket: number[];
  seconds: number;
}

/** @returns what counts one request, in seconds */
export function requestFigures(registry: Registry): (route: string, status: number, seconds: number) => void {
  const routes = new Map<string, RouteFigures>();
  new Counter({
    name: 'pod_iam_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [route, { byStatus }] of routes)
        for (const [status, count] of byStatus) this.inc({ route, status: String(status) }, count);
    },
  });
  registry.registerMetric(durations(routes));
  return (route, status, seconds) => {
    let figures = routes.get(route);
    if (!figures) {
      figures = { byStatus: new Map(), inBucket: BOUNDS.map(() => 0).concat(0), seconds: 0 };
      routes.set(route, figures);
    }
    figures.byStatus.set(status, (figures.byStatus.get(status) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket++;
    figures.inBucket[bucket]!++;
    figures.seconds += seconds;
  };
}

/** A histogram as the registry reads it. https://prometheus.io/docs/concepts/metric_types/#histogram */
function durations(routes: ReadonlyMap<string, RouteFigures>): Metric {
  const name = 'pod_iam_request_duration_seconds';
  const get = async () => ({
    name,
    help: 'Time to the answer.',
    type: 'histogram',
    aggregator: 'sum',
    values: [...routes].flatMap(([route, { inBucket, seconds }]) => {
      let count = 0;
      const buckets = inBucket.map((inThis, i) => {
        count += inThis;
        return { metricName: `${name}_bucket`, labels: { le: BOUNDS[i] ?? '+Inf', route }, value: count };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: { route }, value: seconds },
        { metricName: `${name}_count`, labels: { route }, value: count },
      ];
    }),
  });
  return { name, get, reset() {} } as unknown as Metric;
}
