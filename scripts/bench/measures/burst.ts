// Many first requests at one moment: by one pod, and by all pods of a full node. A bare server that
// delays its answers by as long as STS takes shows what the machine and the generator need themselves.
import { atMost, exactly, type Figure } from '../figures.ts';
import type { Measuring } from '../measuring.ts';
import { benchPod, benchPods } from '../pods.ts';
import type { Bare } from '../processes/bare.ts';
import type { Timed } from '../processes/load.ts';
import { nowMs, startRemote } from '../remote.ts';
import { median } from '../statistics.ts';
import type { BenchWorld } from '../world.ts';

const STS_MS = 200;
const NODE_FULL = 250;

export async function burst(world: BenchWorld, { isQuick, node }: Measuring): Promise<Figure[]> {
  const bare = startRemote<Bare>('bare.ts', node);
  const port = await bare.call('start', {}, 'x'.repeat(1_100), STS_MS);
  const figures: Figure[] = [];
  let block = 60;
  for (const count of [100, 1_000]) {
    const rounds: { calls: number; slowestMs: number; bareMs: number; failed: number }[] = [];
    for (let i = 0; i < (isQuick ? 3 : 7); i++) {
      await world.surroundings.call('setSts', [STS_MS, STS_MS]);
      const bareMs = slowest(await world.load.call('burst', port, Array(count).fill(nobody)));
      const pod = benchPod(block++, 0);
      const [asker] = await world.askers([pod]);
      await world.surroundings.call('takeCalls');
      // The pod appears as its first requests come in.
      const [appearedAtMs, answers] = await Promise.all([
        world.surroundings.call('putPods', [pod.object]),
        world.load.call('burst', world.daemon.port, Array(count).fill(asker)),
      ]);
      rounds.push({
        calls: (await world.surroundings.call('takeCalls')).length,
        slowestMs: lastAt(answers) - Math.min(appearedAtMs, ...answers.map(({ sentAtMs }) => sentAtMs)),
        bareMs,
        failed: answers.filter(({ status }) => status !== 200).length,
      });
    }
    const control = median(rounds.map(({ bareMs }) => bareMs)) - STS_MS;
    const what = `${count} simultaneous first requests`;
    figures.push(
      exactly(`${what}: calls to STS`, Math.max(...rounds.map(({ calls }) => calls)), 1),
      exactly(`${what}: not answered`, Math.max(...rounds.map(({ failed }) => failed)), 0),
      atMost(
        `${what}: slowest answer above STS's ${STS_MS} ms`,
        median(rounds.map(({ slowestMs }) => slowestMs)) - STS_MS,
        60,
        'ms',
        { beside: `bare server with that delay ${control.toFixed(0)} ms`, control },
      ),
    );
  }
  await bare.stop();
  return [...figures, ...(await fullNode(world, isQuick))];
}

/** Pods that were seen a second before they ask, each with a role of its own. */
async function fullNode(world: BenchWorld, isQuick: boolean): Promise<Figure[]> {
  const rounds: { slowestMs: number; failed: number }[] = [];
  for (let i = 0; i < (isQuick ? 1 : 3); i++) {
    await world.surroundings.call('setSts', [100, 300]);
    const pods = benchPods(100 + i, NODE_FULL);
    const askers = await world.askers(pods);
    const seenAtMs = await world.surroundings.call(
      'putPods',
      pods.map(({ object }) => object),
    );
    await new Promise((done) => setTimeout(done, 1_000 - (nowMs() - seenAtMs)));
    const answers = await world.load.call('burst', world.daemon.port, askers);
    rounds.push({
      slowestMs: slowest(answers),
      failed: answers.filter(({ status }) => status !== 200).length,
    });
    await world.surroundings.call(
      'removePods',
      pods.map(({ object }) => object.metadata.uid),
    );
    // The daemon's own pace: its allowance is full again after this.
    if (!isQuick) await new Promise((done) => setTimeout(done, 6_000));
  }
  const what = `${NODE_FULL} pods with ${NODE_FULL} roles, seen 1 s before, STS at 100 to 300 ms`;
  return [
    exactly(`${what}: not served at the first attempt`, Math.max(...rounds.map(({ failed }) => failed)), 0),
    atMost(`${what}: slowest answer`, Math.max(...rounds.map(({ slowestMs }) => slowestMs)), 1_000, 'ms'),
  ];
}

const nobody = { address: '127.0.0.1', path: '/', token: '' };

const lastAt = (answers: Timed[]): number => Math.max(...answers.map(({ sentAtMs, ms }) => sentAtMs + ms));

const slowest = (answers: Timed[]): number =>
  lastAt(answers) - Math.min(...answers.map(({ sentAtMs }) => sentAtMs));
