// A cached document: CPU time of the daemon for each request beside that of a bare server with the same
// bytes. Both take turns under the same load; only their own CPU time counts, not that of the generator.
import { atMost, type Figure, told } from '../figures.ts';
import type { Measuring } from '../measuring.ts';
import { benchPods } from '../pods.ts';
import { cpuUs } from '../process-figures.ts';
import type { Bare } from '../processes/bare.ts';
import type { Asker } from '../processes/load.ts';
import { startRemote } from '../remote.ts';
import { median, quantile } from '../statistics.ts';
import type { BenchWorld } from '../world.ts';

const CONNECTIONS = 32;
/** The first ones run code that is not compiled yet. */
const WARM_UP = 2;

export async function cached(world: BenchWorld, { isQuick, node }: Measuring): Promise<Figure[]> {
  const askers = await world.settle(benchPods(30, CONNECTIONS));
  const bare = startRemote<Bare>('bare.ts', node);
  const { headers, body } = await sample(world, askers[0]!);
  const port = await bare.call('start', headers, body);
  const servers = {
    bare: { pid: bare.pid, port },
    daemon: { pid: world.daemon.pid, port: world.daemon.port },
  };
  const figures: Figure[] = [];
  for (const [kind, keepsAlive, most] of [
    ['keep-alive', true, 1.5],
    ['a connection per request', false, 1.15],
  ] as const) {
    const rounds: { bare: Round; daemon: Round }[] = [];
    for (let i = 0; i < WARM_UP + (isQuick ? 5 : 15); i++) {
      const one = {} as { bare: Round; daemon: Round };
      // Each goes first in turn.
      for (const name of i % 2 === 0 ? (['bare', 'daemon'] as const) : (['daemon', 'bare'] as const))
        one[name] = await round(world, servers[name], askers, keepsAlive, isQuick ? 0.6 : 1.5);
      if (i >= WARM_UP) rounds.push(one);
    }
    const of = (name: 'bare' | 'daemon', value: keyof Round) => median(rounds.map((one) => one[name][value]));
    const ratio = median(rounds.map((one) => one.daemon.cpuUs / one.bare.cpuUs));
    const beside = `${of('daemon', 'cpuUs').toFixed(1)} µs, bare ${of('bare', 'cpuUs').toFixed(1)} µs`;
    figures.push(
      atMost(`cached document, CPU per request beside node:http, ${kind}`, ratio, most, '×', { beside }),
    );
    figures.push(
      told(
        `cached document, requests per second, ${kind}`,
        of('daemon', 'perSecond').toFixed(0),
        `bare ${of('bare', 'perSecond').toFixed(0)}`,
      ),
    );
  }
  const load = { perSecond: 200, seconds: isQuick ? 3 : 15, keepsAlive: false };
  const times = await world.load.call('openLoop', world.daemon.port, askers, load);
  const control = await world.load.call('openLoop', port, askers, load);
  const both = (of: number[]) => `${quantile(of, 0.5).toFixed(1)} and ${quantile(of, 0.99).toFixed(1)} ms`;
  figures.push(
    told(
      'cached document at 200 new connections a second, p50 and p99',
      both(times),
      `bare ${both(control)}`,
    ),
  );
  await bare.stop();
  return figures;
}

interface Round {
  cpuUs: number;
  perSecond: number;
}

async function round(
  world: BenchWorld,
  { pid, port }: { pid: number; port: number },
  askers: Asker[],
  keepsAlive: boolean,
  seconds: number,
): Promise<Round> {
  const before = cpuUs(pid);
  const done = await world.load.call('closedLoop', port, askers, {
    connections: CONNECTIONS,
    seconds,
    keepsAlive,
  });
  return { cpuUs: (cpuUs(pid) - before) / done.count, perSecond: done.count / done.seconds };
}

/** The answer's own headers, but those that Node adds by itself. */
async function sample(world: BenchWorld, asker: Asker) {
  const { text } = await world.load.call('ask', world.daemon.port, asker);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const headers = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(': ') as [string, string])
    .filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name.toLowerCase()));
  return { headers: Object.fromEntries(headers), body };
}
