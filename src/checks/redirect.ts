// What the keeper of each node's redirect has seen besides its rule, as findings of the check that it names.
import { type Finding, type Fix, fail, pass, subject } from '../model/finding.ts';
import type { RedirectCheck } from '../model/redirect-warning.ts';
import { type Snapshot, unknownFact } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

interface Words {
  expected: string;
  /** Of a node where all is well. */
  good: string;
  why: string;
  fix: Fix;
}

/** One finding for each node whose daemon keeps the redirect itself. */
export function judgeRedirect({ proxy, ...rest }: Snapshot, check: RedirectCheck, words: Words): Finding[] {
  const { expected, good, why, fix } = words;
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject({ proxy, ...rest }), expected, why)];
  return (proxy.value?.daemons ?? []).flatMap(({ node, redirect }): Finding[] => {
    if (redirect === null) return [];
    const of = subject('Node', node, { node });
    const fact = redirect ?? unknownFact('the snapshot does not hold it', "the redirect's log");
    if (fact.state === 'unknown') return [unread(fact, of, expected, why)];
    const found = fact.value.filter((warning) => warning.check === check);
    if (found.length === 0) return [pass(of, { expected, observed: good, why })];
    return [fail(of, { expected, observed: found.map((warning) => warning.why).join('; '), why, fix })];
  });
}
