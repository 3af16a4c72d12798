import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN013.ts';
import { known, type RoleSettings } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told } from '../helpers/snapshot.ts';

const judged = (list: string, more: Partial<RoleSettings> = {}) =>
  run(
    goodSnapshot({
      settings: { ...proxy().settings, namespaceRestrictions: true, ...more },
      namespaces: known(
        [{ name: 'apps', annotations: { 'iam.amazonaws.com/allowed-roles': list }, labels: {} }],
        '',
      ),
    }),
  );

describe('AN013', () => {
  it('passes a list that can be read, and says nothing of namespaces without one', () => {
    assert.deepEqual(told(judged('["blue"]')), ['pass Namespace/apps: it can be read']);
    assert.deepEqual(run(goodSnapshot()), []);
  });

  it('fails for what is not a JSON array of strings', () => {
    assert.deepEqual(told(judged('blue')), [
      'fail Namespace/apps: iam.amazonaws.com/allowed-roles is not JSON; it must be an array of strings such as ["blue","team/*"]',
    ]);
  });

  it('fails for a pattern that is no regular expression', () => {
    const [finding] = judged('["bl(ue"]', { permitFormat: 'regexp' });
    assert.equal(finding!.status, 'fail');
    assert.match(finding!.observed, /"bl\(ue", which is no valid regular expression/);
  });

  it('only warns while the restrictions are off', () => {
    const [finding] = judged('blue', { namespaceRestrictions: false });
    assert.equal(finding!.status, 'warn');
    assert.equal(finding!.why, 'it would count once --namespace-restrictions is on');
  });

  it('warns of unanchored patterns, each way round', () => {
    const [here] = judged('["blue"]', { permitFormat: 'regexp' });
    assert.equal(
      here!.observed,
      '"blue" ends without $; kube2iam would let more through than is allowed here',
    );
    const [legacy] = judged('["blue"]', { permitFormat: 'regexp', legacyRegexp: true });
    assert.equal(
      legacy!.observed,
      '"blue" ends without $, and with --legacy-regexp matches anything that follows it',
    );
    assert.equal(legacy!.fix?.patch, '["blue$"]');
  });

  it('is unknown when namespaces cannot be listed', () => {
    assert.equal(run(goodSnapshot({ namespaces: forbidden('list namespaces') }))[0]!.status, 'unknown');
  });
});
