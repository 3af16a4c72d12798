// Forty pods of forty roles start on one node at once, and each asks as soon as it runs.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  awaitRound,
  createAskers,
  isServed,
  median,
  removeAskers,
  roundsOf,
  slowestMs,
  tally,
} from '../helpers/askers.ts';
import { crowdRoles, figure, type Stage } from '../helpers/stage.ts';

const STS_MS = 150;

export function crowdFaults(stage: () => Stage): void {
  describe('forty pods of forty roles started at once', () => {
    after(async () => {
      stage().world.aws.latencyMs = 0;
      await removeAskers();
    });

    it('gives each its own role', async (test) => {
      const { world, nodes, requireOwnRole } = stage();
      world.aws.latencyMs = STS_MS;
      await createAskers(crowdRoles.map((role) => ({ name: role, node: nodes[0]!, role })));
      for (const role of crowdRoles) await awaitRound(role, isServed, 300_000);
      const all = await Promise.all(crowdRoles.map((name) => roundsOf(name)));
      for (const [i, rounds] of all.entries()) requireOwnRole(rounds, crowdRoles[i]!);
      const first = all.map((rounds) => rounds[0]!);
      const firstServed = all.map((rounds) => rounds.findIndex(isServed) + 1);
      const served = first.filter(isServed);
      figure(test, 'served at the first attempt', `${served.length} of ${all.length}`);
      figure(test, 'first attempts', tally(first));
      figure(test, 'most attempts of a pod until it was served', Math.max(...firstServed));
      const took = `${median(served.map(({ tookMs }) => tookMs))}, ${slowestMs(served)}`;
      figure(test, 'first attempt, median and slowest', took, 'ms');
      assert.ok(served.length >= all.length / 2, tally(first));
    });
  });
}
