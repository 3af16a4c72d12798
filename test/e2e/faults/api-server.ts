// The API server is gone for a minute: the daemon goes on with what it knows, and says that it is blind.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  awaitRound,
  createAskers,
  isServed,
  type Round,
  removeAskers,
  roundsOf,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { onNode, startParts, stopParts } from '../helpers/cluster.ts';
import { NAMESPACE } from '../helpers/pods.ts';
import { kubectl } from '../helpers/run.ts';
import { figure, type Stage, seconds, watchLeaks } from '../helpers/stage.ts';

const OUTAGE_MS = 60_000;

export function apiServerFaults(stage: () => Stage): void {
  describe('the API server stopped for a minute', () => {
    before(() =>
      startAskers(
        stage().nodes.flatMap((node) => [
          { name: `blue-${node}`, node, role: 'blue' },
          { name: `red-${node}`, node, role: 'red' },
        ]),
      ).then(() => startAskers([{ name: 'moved', node: stage().nodes[0]!, role: 'blue' }])),
    );
    after(removeAskers);

    it('serves every pod that it knows, refuses a new address, and catches up on the return', async (test) => {
      const { nodes, admin, requireOwnRole } = stage();
      const names = nodes.flatMap((node) => [`blue-${node}`, `red-${node}`]);
      for (const name of [...names, 'moved']) await awaitRound(name, isServed, 15_000);
      const uid = await kubectl(['-n', NAMESPACE, 'get', 'pod', 'moved', '-o', 'jsonpath={.metadata.uid}']);
      const leaks = watchLeaks();

      await stopParts('kube-apiserver');
      const stoppedAtMs = Date.now();
      await delay(3_000);
      await moveToNewAddress(nodes[0]!, uid);
      const movedAtMs = Date.now();
      await delay(stoppedAtMs + OUTAGE_MS - Date.now() - 5_000);
      const readiness = await Promise.all(nodes.map((node) => admin(node, '/readyz')));
      const metrics = await admin(nodes[0]!, '/metrics');
      await delay(stoppedAtMs + OUTAGE_MS - Date.now());
      await startParts();
      const backAtMs = Date.now();
      await createAskers([{ name: 'newcomer', node: nodes[1]!, role: 'red' }]);
      const newcomer = await awaitRound('newcomer', isServed, 60_000);
      const endMs = Date.now();

      console.log(
        readiness,
        metrics.split('\n').filter((l) => /watch/.test(l)),
      );
      for (const name of names) {
        const rounds = (await roundsOf(name)).filter(({ atMs }) => atMs >= stoppedAtMs && atMs < endMs);
        const role = name.split('-')[0]!;
        requireOwnRole(rounds, role);
        assert.ok(rounds.length >= OUTAGE_MS / 1_100, `${name} asked only ${rounds.length} times`);
        assert.equal(rounds.filter(isServed).length, rounds.length, `${name}: ${tally(rounds)}`);
        figure(test, `${name}: rounds through the outage, failed`, `${rounds.length}, 0`);
        figure(test, `${name}: slowest round`, Math.max(...rounds.map(({ tookMs }) => tookMs)), 'ms');
      }

      const moved = await roundsOf('moved');
      const blind = moved.filter(({ atMs }) => atMs > movedAtMs && atMs < backAtMs - 10_000);
      console.log(
        tally(moved),
        tally(blind),
        blind.slice(0, 3),
        moved.filter(isServed)[0],
        movedAtMs - stoppedAtMs,
      );
      console.log('new first rounds', (await roundsOf('newcomer')).slice(0, 3), newcomer.atMs - backAtMs);
      console.log(leaks());
    });
  });
}

/** Ends the pod's sandbox: the kubelet makes a new one, with a new address, which it cannot report. */
async function moveToNewAddress(node: string, uid: string): Promise<void> {
  const script =
    'for p in $(pgrep -x pause); do grep -q "$0" /proc/$p/cgroup && kill -9 $p && exit 0; done; exit 1';
  await onNode(node, 'sh', '-c', script, uid);
}
