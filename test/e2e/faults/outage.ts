// Nothing of AWS can be reached for a minute, neither STS nor the instance metadata service: packets
// vanish, as they do when a route or a firewall breaks.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  awaitRound,
  createAskers,
  isServed,
  removeAskers,
  roundsOf,
  slowestMs,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { onNode, processesOn, tryOnNode } from '../helpers/cluster.ts';
import { figure, type Stage, seconds } from '../helpers/stage.ts';

const OUTAGE_MS = 60_000;
const TABLE = 'podiam_e2e_outage';

export function outageFaults(stage: () => Stage): void {
  const restore = () =>
    Promise.all(stage().nodes.map((node) => tryOnNode(node, 'nft', 'delete', 'table', 'inet', TABLE)));

  describe('STS and the metadata service both gone for a minute', () => {
    before(() =>
      startAskers(
        stage().nodes.map((node) => ({ name: `blue-${node}`, node, role: 'blue', everySeconds: 0.5 })),
      ),
    );
    after(async () => {
      await restore();
      await removeAskers();
    });

    it('serves what it holds, answers tokens at once, and serves new pods when AWS is back', async (test) => {
      const { world, nodes, admin, requireOwnRole } = stage();
      const [cut, restarted] = [nodes[1]!, nodes[0]!];
      for (const node of nodes) await awaitRound(`blue-${node}`, isServed);
      const ports = [world.aws.url, world.imds.url].map((url) => new URL(url).port).join(', ');
      for (const node of nodes)
        await onNode(
          node,
          'nft',
          `table inet ${TABLE} { chain output { type filter hook output priority 0; tcp dport { ${ports} } drop; }; }`,
        );
      const goneMs = Date.now();
      await createAskers([{ name: 'newcomer', node: cut, role: 'red', everySeconds: 0.5 }]);
      await delay(goneMs + OUTAGE_MS * 0.7 - Date.now());
      assert.equal(await admin(cut, '/healthz'), '{"ok":true}');
      assert.match(await admin(cut, '/readyz'), /"ready":true/);
      const killedMs = Date.now();
      for (const id of await processesOn(restarted, 'run.cjs --')) await onNode(restarted, 'kill', '-9', id);
      await delay(goneMs + OUTAGE_MS - Date.now());
      const backMs = Date.now();
      await restore();

      const newcomer = await awaitRound('newcomer', isServed);
      figure(test, 'a pod that came meanwhile is served', seconds(newcomer.atMs - backMs), 's after the end');
      const again = await awaitRound(
        `blue-${restarted}`,
        (round) => round.atMs > backMs && isServed(round),
        180_000,
      );
      figure(test, 'a daemon killed meanwhile serves', seconds(again.atMs - backMs), 's after the end');

      const rounds = await roundsOf('newcomer');
      requireOwnRole(rounds, 'red');
      const during = rounds.filter(({ atMs, tookMs }) => atMs + tookMs < backMs);
      assert.equal(during.filter(isServed).length, 0, tally(during));
      figure(test, 'answers to a pod that came meanwhile', tally(during));
      const tokenMs = Math.max(...during.map((round) => round.tokenMs));
      figure(test, 'slowest token meanwhile', tokenMs, 'ms');
      for (const node of nodes) {
        const all = await roundsOf(`blue-${node}`);
        requireOwnRole(all, 'blue');
        const held = all.filter(
          ({ atMs, tookMs }) => atMs > goneMs && atMs + tookMs < (node === cut ? backMs : killedMs),
        );
        assert.equal(held.filter(isServed).length, held.length, `blue-${node}: ${tally(held)}`);
        figure(test, `blue-${node}: rounds, failed`, `${held.length}, 0`);
        figure(test, `blue-${node}: slowest round`, slowestMs(held), 'ms');
      }
      const lost = (await roundsOf(`blue-${restarted}`)).filter(
        ({ atMs }) => atMs > killedMs && atMs < backMs,
      );
      figure(test, 'answers of a daemon killed meanwhile, which holds nothing', tally(lost));
    });
  });
}
