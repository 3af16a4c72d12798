// What holds for each check of what the keepers of the redirect have seen.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Finding } from '../../src/model/finding.ts';
import type { RedirectCheck, RedirectWarning } from '../../src/model/redirect-warning.ts';
import { type Fact, known, type Snapshot } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told } from '../helpers/snapshot.ts';

export const seen = (...facts: (Fact<RedirectWarning[]> | null | undefined)[]): Snapshot =>
  goodSnapshot({
    proxy: known(
      proxy({
        daemons: facts.map((redirect, index) => ({
          ...proxy().daemons[0]!,
          node: `node-${index + 1}`,
          redirect,
        })),
      }),
      '',
    ),
  });

export function itJudgesTheRedirect(
  check: RedirectCheck,
  run: (snapshot: Snapshot) => Finding[],
  good: string,
): void {
  const other: RedirectCheck = check === 'NW004' ? 'NW013' : 'NW004';

  it('passes on each node whose keeper sees nothing of it', () => {
    const elsewhere = known([{ check: other, why: 'something else' }], '');
    assert.deepEqual(told(run(seen(known([], ''), elsewhere))), [
      `pass Node/node-1: ${good}`,
      `pass Node/node-2: ${good}`,
    ]);
  });

  it('fails on the node whose keeper saw it, with all that was seen', () => {
    const bad = ['one', 'two'].map((why) => ({ check, why }));
    assert.deepEqual(told(run(seen(known([], ''), known([...bad, { check: other, why: 'three' }], '')))), [
      `pass Node/node-1: ${good}`,
      'fail Node/node-2: one; two',
    ]);
  });

  it('is unknown where the log cannot be read, was not read, or the daemons are not known', () => {
    const [refused, absent] = run(seen(forbidden('the log of pod-iam/x'), undefined));
    assert.equal(refused!.status, 'unknown');
    assert.equal(refused!.fix?.patch, 'rule: the log of pod-iam/x');
    assert.deepEqual(
      [absent!.status, absent!.observed],
      ['unknown', "not read (the redirect's log): the snapshot does not hold it"],
    );
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
  });

  it('says nothing of nodes where something else keeps the rule, nor without a proxy', () => {
    assert.deepEqual(run(seen(null)), []);
    assert.deepEqual(run(goodSnapshot({ proxy: known(null, '') })), []);
  });
}
