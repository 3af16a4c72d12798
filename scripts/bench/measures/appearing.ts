// A pod that asks at the moment it appears in the API, and an address that no pod ever has.
import { atMost, type Figure, told } from '../figures.ts';
import type { Measuring } from '../measuring.ts';
import { benchPods } from '../pods.ts';
import { quantile } from '../statistics.ts';
import type { BenchWorld } from '../world.ts';

const STS_MS = 100;

export async function appearing(world: BenchWorld, { isQuick }: Measuring): Promise<Figure[]> {
  await world.surroundings.call('setSts', [STS_MS, STS_MS]);
  const pods = benchPods(90, isQuick ? 60 : 300);
  const askers = await world.askers(pods);
  const times: number[] = [];
  for (const [i, { object }] of pods.entries()) {
    const [appearedAtMs, [answer]] = await Promise.all([
      world.surroundings.call('putPods', [object]),
      world.load.call('burst', world.daemon.port, [askers[i]!]),
    ]);
    const { status, sentAtMs, ms } = answer!;
    // As seen from the later of the two: before, there was no pod, or no question.
    times.push(status === 200 ? sentAtMs + ms - Math.max(appearedAtMs, sentAtMs) : Number.NaN);
  }
  const [nowhere] = await world.askers([{ ...pods[0]!, address: '127.91.0.1' }]);
  const [unknown] = await world.load.call('burst', world.daemon.port, [nowhere!]);
  const failed = times.filter(Number.isNaN).length;
  const above = (share: number) => (failed > 0 ? Number.NaN : quantile(times, share) - STS_MS);
  const what = `a pod that asks as it appears: time above STS's ${STS_MS} ms`;
  return [
    atMost(`${what}, median`, above(0.5), 15, 'ms'),
    atMost(`${what}, p99`, above(0.99), 50, 'ms'),
    told(
      'an address that no pod has: time to its answer',
      `${unknown!.ms.toFixed(0)} ms, status ${unknown!.status}`,
    ),
  ];
}
