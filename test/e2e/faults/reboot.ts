// A node is rebooted: its pods start again with new addresses, and with them the daemon, in no order.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  awaitRound,
  isServed,
  isTokenRefused,
  type Round,
  removeAskers,
  roundsOf,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { setImds, startParts, stopParts } from '../helpers/cluster.ts';
import { shareOf, spansOf, startHammer } from '../helpers/hammer.ts';
import { until } from '../helpers/moto.ts';
import { NAMESPACE } from '../helpers/pods.ts';
import { kubectl } from '../helpers/run.ts';
import { figure, type Stage, seconds, watchLeaks } from '../helpers/stage.ts';
import { replaceDaemon } from './kills.ts';

export function rebootFaults(stage: () => Stage): void {
  describe('a node rebooted', () => {
    let node: string;
    before(async () => {
      node = stage().nodes.at(-1)!;
      await startAskers([
        { name: 'blue', node, role: 'blue', everySeconds: 0.2 },
        { name: 'red', node, role: 'red', everySeconds: 0.2 },
      ]);
      // The kubelet starts the oldest pods first: the daemon is to be the last.
      await replaceDaemon(node, stage());
      await startHammer('hammer', node);
    });
    after(removeAskers);

    async function reboot(): Promise<Record<'blue' | 'red', Round[]>> {
      const before = await addresses();
      await stopParts(node);
      const stoppedMs = Date.now();
      await startParts();
      for (const name of ['blue', 'red'])
        await awaitRound(
          name,
          (round) => round.atMs > stoppedMs && isServed(round) && isOwn(round, name),
          300_000,
        );
      // The kubelet starts them one after the other, and tells of it a little later.
      await until(
        async () =>
          Object.entries(await addresses()).every(([name, address]) => address && address !== before[name]),
        300_000,
        'all pods to have other addresses',
      );
      return { blue: await roundsOf('blue'), red: await roundsOf('red') };
    }

    async function addresses(): Promise<Record<string, string>> {
      const list = JSON.parse(
        await kubectl(['-n', NAMESPACE, 'get', 'pods', '-l', 'app=asker', '-o', 'json']),
      ) as { items: { metadata: { name: string }; status: { podIP?: string } }[] };
      return Object.fromEntries(
        list.items.map(({ metadata, status }) => [metadata.name, status.podIP ?? '']),
      );
    }

    /**
     * A pod that asked before the rule was there holds a session token of the real service, which the daemon
     * refuses; SDKs then ask for another.
     */
    function requireRecovery(name: string, rounds: readonly Round[]): void {
      const refused = rounds.flatMap((round, nth) => (isTokenRefused(round) ? [nth] : []));
      assert.ok(refused.length <= 1, `${name} was refused a token ${refused.length} times`);
      // However long its address stays unknown: with the other token it is served in the end.
      for (const nth of refused) {
        const after = rounds.slice(nth);
        assert.ok(
          after.some(({ document }) => document === 200),
          `${name}: ${tally(after)} once its token was refused`,
        );
      }
    }

    const isOwn = ({ key }: Round, role: string): boolean => stage().roleOf(key!) === role;

    it('gives its pods their own roles again, those of the node at worst until the rule is back', async (test) => {
      const leaks = watchLeaks();
      for (const [name, rounds] of Object.entries(await reboot())) {
        const own = rounds.findIndex((round) => isServed(round) && isOwn(round, name));
        requireRecovery(name, rounds);
        const early = rounds.slice(0, own);
        // Keys that no session of ours has are those of the real metadata service; the pod's own come early in
        // a round whose kept token was refused first.
        const given = early.flatMap(({ key }) => (key === undefined ? [] : [stage().roleOf(key)]));
        for (const role of given) assert.ok(role === null || role === name, `${name} was given ${role}`);
        const leaked = given.filter((role) => role === null);
        figure(test, `${name}: served`, seconds(rounds[own]!.atMs - rounds[0]!.atMs), 's after its start');
        figure(test, `${name}: rounds before that`, tally(early) || 'none');
        figure(test, `${name}: of them with the node's keys`, leaked.length);
        stage().requireOwnRole(rounds.slice(own), name);
      }
      const spans = await spansOf('hammer', 0, { until: 'own' });
      assert.equal(spans.at(-1)?.who, 'own');
      figure(
        test,
        'a pod asking as fast as one may: the real service answered',
        shareOf(spans, 'real').ms,
        'ms',
      );
      figure(test, 'requests to the real service', leaks().length);
    });

    it("gives no pod the node's role where the metadata service allows one hop, as it should", async (test) => {
      const restore = setImds({ httpTokens: 'required', httpPutResponseHopLimit: 1 });
      try {
        for (const [name, rounds] of Object.entries(await reboot())) {
          stage().requireOwnRole(rounds, name);
          requireRecovery(name, rounds);
          figure(test, `${name}: rounds after its start`, tally(rounds));
        }
      } finally {
        restore();
      }
    });
  });
}
