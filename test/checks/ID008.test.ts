import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/ID008.ts';
import { unknownFact } from '../../src/model/snapshot.ts';
import { ACCOUNT, goodSnapshot, told } from '../helpers/snapshot.ts';
import { goodBlue, judging } from './judged.ts';

const judged = judging(run);
const green = `arn:aws:sts::${ACCOUNT}:assumed-role/green/apps.probe-blue`;

describe('ID008', () => {
  it('passes for a session of the annotated role, with an invented key as control', () => {
    const finding = judged({});
    assert.equal(told([finding])[0], `pass Deployment/blue: ${goodBlue.caller!.arn}`);
    assert.deepEqual(finding.control, {
      what: 'the same call with an invented key',
      outcome: 'refused: InvalidClientTokenId',
    });
  });

  it('also holds the control for met when the invented key is somebody else', () => {
    const finding = judged({
      invented: { ...goodBlue.invented!, status: 200, arn: 'arn:aws:sts::1:user/x' },
    });
    assert.equal(finding.status, 'pass');
    assert.equal(finding.control?.outcome, 'another identity: arn:aws:sts::1:user/x');
  });

  it('fails for another role, and says by which route it came', () => {
    assert.equal(
      told([judged({ caller: { ...goodBlue.caller!, arn: green } })])[0],
      `fail Deployment/blue: ${green}, served by the proxy`,
    );
    const bypass = judged({
      caller: { ...goodBlue.caller!, arn: green },
      canary: { ...goodBlue.canary!, isProxy: false },
    });
    assert.equal(
      bypass.observed,
      `${green}, served by the real instance metadata service, as nothing intercepts it`,
    );
  });

  it('fails for a role of the same name in another account', () => {
    const arn = 'arn:aws:sts::999999999999:assumed-role/blue/x';
    assert.equal(judged({ caller: { ...goodBlue.caller!, arn } }).status, 'fail');
  });

  it('is unknown when its control failed: an STS that takes any key for the same proves nothing', () => {
    const finding = judged({ invented: goodBlue.caller });
    assert.equal(finding.status, 'unknown');
    assert.equal(finding.control?.outcome, `the same identity: ${goodBlue.caller!.arn}`);
    assert.equal(judged({ invented: null }).status, 'unknown');
  });

  it('is unknown when STS cannot be reached', () => {
    const silence = {
      status: 0,
      ms: 0,
      failure: 'timed out',
      body: null,
      arn: null,
      errorCode: null,
      message: null,
    };
    const finding = judged({ caller: silence, invented: silence });
    assert.equal(
      told([finding])[0],
      'unknown Deployment/blue: GetCallerIdentity gave no identity: no answer: timed out',
    );
  });

  it('is skipped for ID010 without credentials', () => {
    const finding = judged({ document: null, caller: null });
    assert.equal(finding.status, 'skip');
    assert.equal(finding.because, 'ID010');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});
