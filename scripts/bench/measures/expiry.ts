// Requests that go on while credentials are renewed and while the first ones expire.
import { atMost, exactly, type Figure } from '../figures.ts';
import type { Measuring } from '../measuring.ts';
import { benchPods } from '../pods.ts';
import type { Bare } from '../processes/bare.ts';
import { startRemote } from '../remote.ts';
import { quantile } from '../statistics.ts';
import type { BenchWorld } from '../world.ts';

const LIFE_SECONDS = 14;

export async function expiry(world: BenchWorld, { isQuick, node }: Measuring): Promise<Figure[]> {
  await world.surroundings.call('setSts', [100, 300], LIFE_SECONDS);
  const askers = await world.settle(benchPods(50, 20));
  await world.surroundings.call('takeCalls');
  const bare = startRemote<Bare>('bare.ts', node);
  const port = await bare.call('start', {}, 'x'.repeat(1_100));
  const load = { perSecond: 200, seconds: LIFE_SECONDS * (isQuick ? 1.2 : 2.5), keepsAlive: true };
  await world.load.call('openLoop', world.daemon.port, askers, { ...load, seconds: 1 });
  const times = await world.load.call('openLoop', world.daemon.port, askers, load);
  const renewals = (await world.surroundings.call('takeCalls')).length;
  const bareMs = quantile(await world.load.call('openLoop', port, askers, load), 0.999);
  await bare.stop();
  return [
    exactly(
      'through an expiry: identities that were not renewed meanwhile',
      Math.max(0, askers.length - renewals),
      0,
    ),
    atMost('through an expiry: p99.9 of requests', quantile(times, 0.999), 10, 'ms', {
      beside: `bare server ${bareMs.toFixed(1)} ms`,
      control: bareMs,
    }),
  ];
}
