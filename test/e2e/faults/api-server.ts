// The API server is gone for a minute: the daemon goes on with what it knows, and says that it is blind.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Asker,
  awaitRound,
  createAskers,
  isServed,
  type Round,
  removeAskers,
  roundsOf,
  slowestMs,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { onNode, startParts, stopParts } from '../helpers/cluster.ts';
import { until } from '../helpers/moto.ts';
import { NAMESPACE } from '../helpers/pods.ts';
import { kubectl } from '../helpers/run.ts';
import { figure, type Stage, seconds, watchLeaks } from '../helpers/stage.ts';

const OUTAGE_MS = 60_000;

export function apiServerFaults(stage: () => Stage): void {
  describe('the API server stopped for a minute', () => {
    let known: Asker[];
    before(async () => {
      known = stage().nodes.flatMap((node) =>
        ['blue', 'red'].map((role) => ({ name: `${role}-${node}`, node, role })),
      );
      await startAskers([...known, { name: 'moved', node: stage().nodes[0]!, role: 'blue' }]);
    });
    after(removeAskers);

    it('serves every pod that it knows, refuses a new address, and catches up on the return', async (test) => {
      const { nodes, admin, requireOwnRole } = stage();
      for (const { name } of known) await awaitRound(name, isServed);
      await awaitRound('moved', isServed);
      const uid = await kubectl(['-n', NAMESPACE, 'get', 'pod', 'moved', '-o', 'jsonpath={.metadata.uid}']);
      const leaks = watchLeaks();

      await stopParts('kube-apiserver');
      const stoppedMs = Date.now();
      await moveToNewAddress(nodes[0]!, uid);
      await delay(stoppedMs + OUTAGE_MS - Date.now());
      const readiness = await Promise.all(nodes.map((node) => admin(node, '/readyz')));
      const metrics = await Promise.all(nodes.map((node) => admin(node, '/metrics')));
      const startingMs = Date.now();
      const started = startParts();
      await until(
        async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok',
        300_000,
        'the API server',
      );
      const backMs = Date.now();
      await createAskers([{ name: 'newcomer', node: nodes[1]!, role: 'red' }]);
      // The kubelets take their time to look again: up to half a minute on an idle machine.
      const first = await awaitRound('newcomer', () => true, 400_000);
      const newcomer = await awaitRound('newcomer', isServed);
      const moved = await awaitRound('moved', isServed);
      await started;

      figure(test, 'without an API server', seconds(backMs - stoppedMs), 's');
      for (const i of nodes.keys()) {
        assert.match(
          readiness[i]!,
          /"ready":false,"reasons":\["nothing was heard of the pods of this node for \d+ s/,
        );
        assert.match(metrics[i]!, /^pod_iam_watch_up\{resource="pods"\} 0$/m);
      }
      for (const { name, role } of known) {
        const rounds = (await roundsOf(name)).filter(({ atMs }) => atMs >= stoppedMs);
        requireOwnRole(rounds, role!);
        assert.ok(rounds.length > OUTAGE_MS / 1_200, `${name} asked only ${rounds.length} times`);
        assert.equal(rounds.filter(isServed).length, rounds.length, `${name}: ${tally(rounds)}`);
        figure(test, `${name}: rounds, failed, slowest`, `${rounds.length}, 0, ${slowestMs(rounds)} ms`);
      }

      const blind = (await roundsOf('moved')).filter(({ atMs, tookMs }) => atMs + tookMs < startingMs);
      assert.ok(blind.length > 10, `the pod with a new address asked only ${blind.length} times`);
      for (const round of blind) requireWait(round);
      requireOwnRole(await roundsOf('moved'), 'blue');
      figure(test, 'a pod with a new address: answers meanwhile', tally(blind));
      figure(test, 'a pod with a new address: served', seconds(moved.atMs - backMs), 's after the return');
      figure(test, 'a new pod: first request', seconds(first.atMs - backMs), 's after the return');
      const early = (await roundsOf('newcomer')).filter(({ atMs }) => atMs < newcomer.atMs);
      figure(test, 'a new pod: rounds before it was served', tally(early) || 'none');
      // Its kubelet may be late to report its address, and the asker waits for a second only.
      for (const round of early)
        if (round.listing === 200) assert.equal(round.document, 'timeout');
        else requireWait(round);
      requireOwnRole([newcomer], 'red');
      assert.deepEqual(leaks(), [], 'requests reached the real metadata service');
    });
  });
}

/** A pod whose address nobody has told is refused, but not before --pod-wait: it could be told in that time. */
function requireWait({ kept = 404, listing = 404, tookMs }: Round): void {
  // On a busy machine the asker's own second is over before --pod-wait is.
  for (const outcome of [kept, listing]) assert.ok([404, 'timeout'].includes(outcome), `${outcome}`);
  assert.ok(tookMs >= 890, `it was refused after ${tookMs} ms already`);
}

/** Ends the pod's sandbox: the kubelet makes a new one, with a new address, which it cannot report. */
async function moveToNewAddress(node: string, uid: string): Promise<void> {
  const script =
    'for p in $(pgrep -x pause); do grep -q "$0" /proc/$p/cgroup && kill -9 $p && exit 0; done; exit 1';
  await onNode(node, 'sh', '-c', script, uid);
}
