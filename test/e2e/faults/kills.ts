// The daemon is killed again and again while pods ask: a pod finds nobody, or its own role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Asker,
  awaitRound,
  gapsMs,
  isServed,
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
        const odd = rounds.filter(
          (round) =>
            !isServed(round) &&
            !isCut(round.kept) &&
            !isCut(round.token) &&
            !isCut(round.listing) &&
            !isCut(round.document),
        );
        assert.deepEqual(odd.slice(0, 3), [], `${name}: ${tally(rounds)}`);
        const gaps = gapsMs(rounds);
        assert.ok(gaps.length >= KILLS_PER_NODE, `${name} saw only ${gaps.length} of the kills`);
        figure(
          test,
          `${name}: gaps at the first kill, then median and longest where the pod was replaced`,
          `${gaps[0]}, ${gaps.slice(1).sort((a, b) => a - b)[Math.floor(gaps.length / 2)]}, ${Math.max(...gaps.slice(1))}`,
          'ms',
        );
      }
    });
  });
}

const isCut = (outcome: number | string | undefined): boolean => outcome === 'refused' || outcome === 'reset';

/**
 * Kills the process, and resolves when its successor is ready. The kubelet makes a container that ends
 * often wait for minutes; with a new pod in its place it starts at once.
 */
async function killDaemon(node: string, { admin }: Stage, replacePod: boolean): Promise<void> {
  const before = await processesOn(node, 'run.cjs --');
  assert.equal(before.length, 1, `${before.length} daemons run on ${node}`);
  await onNode(node, 'kill', '-9', before[0]!);
  if (replacePod)
    await kubectl([
      '-n',
      'pod-iam',
      'delete',
      'pods',
      '-l',
      'app.kubernetes.io/name=pod-iam',
      '--field-selector',
      `spec.nodeName=${node}`,
      '--grace-period=0',
      '--force',
    ]);
  await until(
    async () => {
      const now = await processesOn(node, 'run.cjs --');
      return (
        now.length === 1 && now[0] !== before[0] && (await admin(node, '/readyz')).includes('"ready":true')
      );
    },
    60_000,
    `the daemon of ${node} to be ready again`,
  );
  await delay(1_500);
}
