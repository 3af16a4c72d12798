// The daemon is killed again and again while pods ask: a pod finds nobody, or its own role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import {
  type Asker,
  awaitRound,
  gapsMs,
  isServed,
  median,
  type Round,
  removeAskers,
  roundsOf,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { onNode, processesOn } from '../helpers/cluster.ts';
import { until } from '../helpers/moto.ts';
import { kubectl } from '../helpers/run.ts';
import { figure, type Stage, watchLeaks } from '../helpers/stage.ts';

const KILLS_PER_NODE = 10;
const DAEMON = 'run.cjs --';

export function killFaults(stage: () => Stage): void {
  describe('the daemon killed twenty times under load', () => {
    let askers: Asker[];
    before(async () => {
      // Twenty rounds of four requests each second.
      askers = stage().nodes.flatMap((node) =>
        ['blue', 'red'].map((role) => ({ name: `${role}-${node}`, node, role, everySeconds: 0.2 })),
      );
      await startAskers(askers);
    });
    after(removeAskers);

    it('lets no pod have another role or reach the node, and session tokens outlive it', async (test) => {
      const { nodes, requireOwnRole } = stage();
      for (const { name } of askers) await awaitRound(name, isServed, 15_000);
      const leaks = watchLeaks();
      const beganMs = Date.now();
      await Promise.all(nodes.map((node) => killDaemon(node, stage())));
      const restartedMs = Date.now();
      for (let i = 1; i < KILLS_PER_NODE; i++)
        await Promise.all(nodes.map((node) => killDaemon(node, stage(), { withPod: true })));
      await delay(2_000);
      const endMs = Date.now();
      figure(test, 'kills', KILLS_PER_NODE * nodes.length, `in ${((endMs - beganMs) / 1000).toFixed(0)} s`);

      assert.deepEqual(leaks(), [], 'requests reached the real metadata service');
      for (const { name, role } of askers) {
        const rounds = (await roundsOf(name)).filter(({ atMs }) => atMs > beganMs && atMs < endMs);
        requireOwnRole(rounds, role!);
        figure(test, name, tally(rounds));
        const odd = rounds.filter((round) => !isServed(round) && !isCutOff(round));
        assert.deepEqual(odd, [], `${name}: ${tally(rounds)}`);
        // Without a new pod the daemon may be back before the next round: then nobody saw it go.
        const [restart] = gapsMs(rounds.filter(({ atMs }) => atMs < restartedMs));
        const gaps = gapsMs(rounds.filter(({ atMs }) => atMs > restartedMs));
        assert.ok(gaps.length >= KILLS_PER_NODE - 1, `${name} saw ${gaps.length} kills: gaps of ${gaps} ms`);
        const figures = `${restart ?? 'none'}, ${median(gaps)}, ${Math.max(...gaps)}`;
        figure(test, `${name}: gap at the first kill; median and longest with a new pod`, figures, 'ms');
      }
    });
  });
}

/** Nobody listened, or the one who did was killed before the answer. */
const isCutOff = ({ kept, token, listing, document }: Round): boolean =>
  [kept, token, listing, document].some((outcome) => outcome === 'refused' || outcome === 'reset');

/**
 * Kills the process, and resolves when its successor is ready. The kubelet makes a container that ends
 * often wait for minutes; with a new pod in its place it starts at once.
 */
async function killDaemon(node: string, stage: Stage, { withPod = false } = {}): Promise<void> {
  const pod = await podOf(node);
  const [daemon] = await processesOn(node, DAEMON);
  await onNode(node, 'kill', '-9', daemon!);
  if (withPod) await replacePod(node, stage, pod);
  await awaitReady(node, stage, async () => !(await processesOn(node, DAEMON)).includes(daemon!));
  await delay(1_500);
}

/** Deletes the daemon's pod, and resolves when another is ready. */
export const replaceDaemon = async (node: string, stage: Stage): Promise<void> =>
  replacePod(node, stage, await podOf(node));

async function replacePod(node: string, stage: Stage, pod: DaemonPod): Promise<void> {
  await kubectl(['-n', 'pod-iam', 'delete', 'pod', pod.name, '--grace-period=0', '--force']);
  // By its pod: the kubelet may have started the old pod's container again before it saw the deletion.
  await awaitReady(node, stage, async () => {
    const now = await podOf(node);
    return now.uid !== pod.uid && now.isReady;
  });
}

interface DaemonPod {
  name: string;
  uid: string;
  isReady: boolean;
}

/** The only one on the node. */
async function podOf(node: string): Promise<DaemonPod> {
  const { items } = JSON.parse(
    await kubectl([
      ...['-n', 'pod-iam', 'get', 'pods', '-l', 'app.kubernetes.io/name=pod-iam', '-o', 'json'],
      ...['--field-selector', `spec.nodeName=${node}`],
    ]),
  ) as { items: V1Pod[] };
  const [pod, ...others] = items;
  if (!pod || others.length > 0) throw new Error(`${items.length} pods of the daemon on ${node}`);
  return {
    name: pod.metadata!.name!,
    uid: pod.metadata!.uid!,
    isReady:
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
  };
}

/** Resolves when the node's one daemon, which is another by this measure, is ready. */
const awaitReady = (node: string, { admin }: Stage, isAnother: () => Promise<boolean>): Promise<void> =>
  until(
    async () =>
      (await processesOn(node, DAEMON)).length === 1 &&
      (await isAnother()) &&
      (await admin(node, '/readyz')).includes('"ready":true'),
    60_000,
    `another daemon on ${node}`,
  );
