// Resident memory with a full node, after traffic and renewals, and with a hundred thousand pods elsewhere.
import { atMost, exactly, type Figure, told } from '../figures.ts';
import type { Measuring } from '../measuring.ts';
import { benchPods } from '../pods.ts';
import { residentMiB } from '../process-figures.ts';
import type { BenchWorld } from '../world.ts';

const ELSEWHERE = 100_000;

export async function memory(world: BenchWorld, { isQuick }: Measuring): Promise<Figure[]> {
  // Renewed about every 7 s: three times and more while this runs.
  await world.surroundings.call('setSts', [20, 60], 14);
  const askers = await world.settle(benchPods(40, 250));
  const traffic = async (seconds: number) => {
    await world.load.call('openLoop', world.daemon.port, askers, {
      perSecond: 200,
      seconds,
      keepsAlive: false,
    });
    const flood = { connections: 32, seconds: 2, keepsAlive: false };
    await world.load.call('closedLoop', world.daemon.port, askers.slice(0, 32), flood);
    return residentMiB(world.daemon.pid).now;
  };
  const alone = await traffic(isQuick ? 10 : 30);
  await world.surroundings.call('fill', ELSEWHERE, 'node-2');
  const beside = await traffic(isQuick ? 5 : 15);
  const requests = await world.surroundings.call('apiRequests');
  const unselective = requests.filter(
    (one) => one.includes('/pods?') && !one.includes('fieldSelector=spec.nodeName'),
  );
  return [
    atMost('resident memory with 250 pods on the node, after traffic and renewals', alone, 80, 'MiB'),
    atMost(`resident memory with ${ELSEWHERE} pods elsewhere as well`, beside, 80, 'MiB'),
    exactly('requests for pods of other nodes', unselective.length, 0),
    told('most resident memory at any moment', `${residentMiB(world.daemon.pid).peak.toFixed(0)} MiB`),
  ];
}
