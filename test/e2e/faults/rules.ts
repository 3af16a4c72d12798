// The redirect rule is taken away, or its keeper is: how long pods reach the real metadata service then.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { median, removeAskers } from '../helpers/askers.ts';
import { onNode, processesOn, tryOnNode } from '../helpers/cluster.ts';
import { shareOf, spansOf, startHammer } from '../helpers/hammer.ts';
import { until } from '../helpers/moto.ts';
import { figure, type Stage, watchLeaks } from '../helpers/stage.ts';

/** A keeper that had to set the rule a moment ago waits before it does so again, lest two undo each other's. */
const REST_MS = 5_500;
const keeper = 'run.cjs redirect';

/** From the loss of the rule until it is back, on a machine that is busy with other things. */
const LONGEST_MS = 3_000;
/**
 * What slipped past the rule was not led, as the kernel remembers for two minutes; another from the same
 * port of the pod's counts as the same, and is refused. The keeper lets it forget, where the node has
 * conntrack for it. Without, a pod that asks as fast as one may comes back to a port once or twice.
 */
const REFUSED_EACH = 2;

export function ruleFaults(stage: () => Stage): void {
  describe('the redirect rule taken away', () => {
    let node: string;
    let slipped = 0;
    before(async () => {
      node = stage().nodes[0]!;
      // By events; iptables can only be looked at every five seconds.
      assert.match(await onNode(node, 'cat', '/run/pod-iam/redirect.json'), /"backend":"nft"/);
      await startHammer('hammer', node);
    });
    after(removeAskers);

    /** @param most times at most, when no request has slipped through before */
    async function exposures(times: number, take: () => Promise<unknown>, most = times): Promise<Exposure[]> {
      const found: Exposure[] = [];
      while (found.length < times || (found.length < most && !found.some(({ count }) => count > 0))) {
        await delay(REST_MS);
        const leaks = watchLeaks();
        const sinceMs = Date.now();
        await take();
        await until(() => hasRule(node), 60_000, 'the rule to be back');
        const spans = await spansOf('hammer', sinceMs, { until: 'own' });
        assert.equal(spans.at(-1)?.who, 'own', JSON.stringify(spans));
        const real = shareOf(spans, 'real');
        const unanswered = shareOf(spans, 'timeout', 'reset', 'refused').count;
        found.push({ ...real, unanswered });
        slipped += real.count + unanswered;
        assert.ok(real.ms < LONGEST_MS, `the real service answered for ${real.ms} ms`);
        // One that broke off on its way back has reached it as well.
        assert.ok(leaks().length >= shareOf(spans, 'real').count, 'the log of the real service holds less');
      }
      return found;
    }

    it('is set again within moments when its table is deleted', async (test) => {
      const found = await exposures(3, () => onNode(node, 'nft', 'delete', 'table', 'inet', 'pod_iam'), 10);
      assert.ok(
        found.some(({ count }) => count > 0),
        'no request slipped through, so the hammer is too slow',
      );
      tell(test, 'table deleted: the real service answered', found);
      requireMoments(found);
    });

    // The plugin's masquerade goes with them, without which the real service's answers find no way back.
    it("is set again within moments when all of the node's rules are flushed", async (test) => {
      const saved = await onNode(node, 'iptables-save');
      const found = await exposures(2, () =>
        onNode(node, 'sh', '-c', `nft flush ruleset; printf '%s\\n' "$0" | iptables-restore`, saved),
      );
      tell(test, 'rules flushed: the real service answered', found);
      requireMoments(found);
    });

    it('stays when its keeper is killed, and no request slips through', async (test) => {
      const leaks = watchLeaks();
      const sinceMs = Date.now();
      const [before] = await processesOn(node, keeper);
      await onNode(node, 'kill', '-9', before!);
      await until(async () => isNew(await processesOn(node, keeper), before!), 180_000, 'another keeper');
      await delay(1_000);
      const spans = await spansOf('hammer', sinceMs);
      assert.deepEqual(leaks(), []);
      const { count } = shareOf(spans, 'refused');
      figure(test, 'requests refused that have the port of one that slipped through before', count);
      const forgets = (await tryOnNode(node, 'conntrack', '--version')).code === 0;
      assert.ok(
        count <= (forgets ? 0 : slipped * REFUSED_EACH),
        `${count} refused, ${slipped} had slipped through before`,
      );
      const others = spans.filter(({ who }) => who !== 'refused');
      assert.deepEqual([...new Set(others.map(({ who }) => who))], ['own']);
    });

    it('comes back with a new keeper when both are gone at once', async (test) => {
      const sinceMs = Date.now();
      const [before] = await processesOn(node, keeper);
      await onNode(node, 'sh', '-c', 'kill -9 $0; nft delete table inet pod_iam', before!);
      await until(() => hasRule(node), 180_000, 'the rule to be back');
      const { ms } = shareOf(await spansOf('hammer', sinceMs), 'real');
      figure(test, 'keeper killed and table deleted: the real service answered for', ms, 'ms');
    });
  });
}

/** Milliseconds and requests for which the real service answered, and requests that nobody did. */
interface Exposure {
  ms: number;
  count: number;
  unanswered: number;
}

/** A busy machine makes any of them longer, and none shorter; all are bounded by themselves. */
function requireMoments(found: readonly Exposure[]): void {
  const seen = found.filter(({ count }) => count > 0).map(({ ms }) => ms);
  assert.ok(seen.length === 0 || Math.min(...seen) < 500, `${seen} ms`);
}

const hasRule = async (node: string): Promise<boolean> =>
  (await tryOnNode(node, 'nft', 'list', 'chain', 'inet', 'pod_iam', 'prerouting')).code === 0;

const isNew = (now: string[], before: string): boolean => now.length === 1 && now[0] !== before;

function tell(test: Parameters<typeof figure>[0], what: string, found: readonly Exposure[]): void {
  const lengths = found.map(({ ms }) => ms);
  const times = `median, longest of ${found.length}`;
  figure(test, `${what} (${times})`, `${median(lengths)}, ${Math.max(...lengths)}`, 'ms');
  figure(test, `${what}, requests`, found.map(({ count }) => count).join(', '));
  figure(test, 'requests that nobody answered', found.map(({ unanswered }) => unanswered).join(', '));
}
