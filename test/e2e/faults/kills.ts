// The daemon is killed again and again while pods ask: a pod finds nobody, or its own role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
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
      for (let i = 0; i < KILLS_PER_NODE; i++)
        await Promise.all(nodes.map((node) => killDaemon(node, stage(), i > 0)));
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
        const [first, ...others] = gapsMs(rounds);
        assert.ok(others.length >= KILLS_PER_NODE - 1, `${name} saw only ${others.length + 1} of the kills`);
        const figures = `${first}, ${median(others)}, ${Math.max(...others)}`;
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
async function killDaemon(node: string, stage: Stage, withPod: boolean): Promise<void> {
  const [daemon] = await processesOn(node, DAEMON);
  await onNode(node, 'kill', '-9', daemon!);
  if (withPod) await replaceDaemon(node, stage, daemon);
  else await awaitAnother(node, stage, daemon!);
  await delay(1_500);
}

/** Deletes the daemon's pod, and resolves when another is ready. */
export async function replaceDaemon(node: string, stage: Stage, killed?: string): Promise<void> {
  const before = killed ?? (await processesOn(node, DAEMON))[0]!;
  await kubectl([
    ...['-n', 'pod-iam', 'delete', 'pods', '-l', 'app.kubernetes.io/name=pod-iam'],
    ...['--field-selector', `spec.nodeName=${node}`, '--grace-period=0', '--force'],
  ]);
  await awaitAnother(node, stage, before);
}

const awaitAnother = (node: string, { admin }: Stage, before: string): Promise<void> =>
  until(
    async () => {
      const now = await processesOn(node, DAEMON);
      const isOther = now.length === 1 && now[0] !== before;
      return isOther && (await admin(node, '/readyz')).includes('"ready":true');
    },
    60_000,
    `another daemon on ${node}`,
  );
