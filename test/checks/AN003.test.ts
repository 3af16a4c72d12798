import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN003.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, roleArn, told } from '../helpers/snapshot.ts';

const settings = { ...proxy().settings, namespaceRestrictions: true };
const allowing = (list: string) =>
  goodSnapshot({
    settings,
    namespaces: known(
      [{ name: 'apps', annotations: { 'iam.amazonaws.com/allowed-roles': list }, labels: {} }],
      '',
    ),
  });

describe('AN003', () => {
  it('has nothing to say while namespace restrictions are off', () => {
    assert.deepEqual(run(goodSnapshot()), []);
  });

  it('passes a role that the list allows, and names the pattern', () => {
    assert.deepEqual(told(run(allowing('["bl*"]'))), [
      `pass Deployment/blue: the namespace's iam.amazonaws.com/allowed-roles allows it by "bl*"`,
    ]);
  });

  it('fails with the nearest pattern, and prints the list with the role added', () => {
    const [finding] = run(allowing('["blu","red"]'));
    assert.equal(finding!.status, 'fail');
    assert.equal(
      finding!.observed,
      `the namespace's iam.amazonaws.com/allowed-roles does not allow it; the nearest pattern is "blu"`,
    );
    assert.equal(
      finding!.fix?.command,
      `kubectl annotate namespace apps --overwrite 'iam.amazonaws.com/allowed-roles=["blu","red","${roleArn('blue')}"]'`,
    );
  });

  it('fails without any list, as absent lists deny', () => {
    const [finding] = run(goodSnapshot({ settings }));
    assert.equal(finding!.status, 'fail');
    assert.match(finding!.observed, /^the namespace has neither/);
  });

  it('is unknown when the namespace was not read or may not be', () => {
    assert.deepEqual(told(run(goodSnapshot({ settings, namespaces: known([], '') }))), [
      'unknown Deployment/blue: the namespace apps is not among those that were read',
    ]);
    const unread = run(goodSnapshot({ settings, namespaces: forbidden('list namespaces') }));
    assert.equal(unread[0]!.status, 'unknown');
  });
});
