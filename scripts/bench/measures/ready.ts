// From the start of the process until it is ready, with a full node's pods to read.
import { startDaemon } from '../daemon.ts';
import { atMost, type Figure } from '../figures.ts';
import type { Measuring } from '../measuring.ts';
import { benchPods } from '../pods.ts';
import { median } from '../statistics.ts';
import type { BenchWorld } from '../world.ts';

export async function ready(world: BenchWorld, { isQuick, node }: Measuring): Promise<Figure[]> {
  await world.surroundings.call(
    'putPods',
    benchPods(45, 250).map(({ object }) => object),
  );
  const times: number[] = [];
  for (let i = 0; i < (isQuick ? 5 : 11); i++) {
    const daemon = await startDaemon(world.places, { node });
    times.push(daemon.readyMs);
    await daemon.stop();
  }
  return [atMost('from the start of the process until /readyz says 200', median(times), 500, 'ms')];
}
