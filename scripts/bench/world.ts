// One daemon with its surroundings and a load generator, each a process of its own.
import { type RunningDaemon, startDaemon } from './daemon.ts';
import type { BenchPod } from './pods.ts';
import type { Asker, Load } from './processes/load.ts';
import type { Places, Surroundings } from './processes/surroundings.ts';
import { type Remote, startRemote } from './remote.ts';

export interface BenchWorld {
  surroundings: Remote<Surroundings>;
  load: Remote<Load>;
  places: Places;
  daemon: RunningDaemon;
  /** Puts the pods in the API and waits until the daemon has credentials for each. */
  settle(pods: BenchPod[]): Promise<Asker[]>;
  /** The pods as those who ask, with a session token each. */
  askers(pods: BenchPod[]): Promise<Asker[]>;
  stop(): Promise<void>;
}

export async function startBenchWorld(
  options: { flags?: string[]; node?: string } = {},
): Promise<BenchWorld> {
  const surroundings = startRemote<Surroundings>('surroundings.ts');
  const load = startRemote<Load>('load.ts');
  const places = await surroundings.call('start');
  const daemon = await startDaemon(places, options);
  const world: BenchWorld = {
    surroundings,
    load,
    places,
    daemon,
    async settle(pods) {
      const issued = () => daemon.lines().filter(({ msg }) => msg === 'issued').length;
      const before = issued();
      await surroundings.call(
        'putPods',
        pods.map(({ object }) => object),
      );
      const endMs = Date.now() + 30_000;
      while (issued() < before + pods.length) {
        if (Date.now() > endMs) throw new Error('not every pod got credentials within 30 s');
        await new Promise((done) => setTimeout(done, 10));
      }
      return world.askers(pods);
    },
    async askers(pods) {
      const tokens = await load.call(
        'tokens',
        daemon.port,
        pods.map(({ address }) => address),
      );
      return pods.map(({ address, path }, i) => ({ address, path, token: tokens[i]! }));
    },
    async stop() {
      await daemon.stop();
      await Promise.all([surroundings.stop(), load.stop()]);
    },
  };
  return world;
}
