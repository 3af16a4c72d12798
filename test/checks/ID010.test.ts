import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/ID010.ts';
import { unknownFact } from '../../src/model/snapshot.ts';
import { goodSnapshot, told } from '../helpers/snapshot.ts';
import { goodBlue, judging } from './judged.ts';

const judged = judging(run);
const answer = (status: number, body: string | null = null, failure: string | null = null) => ({
  status,
  ms: 3,
  failure,
  body,
});
const refusal = {
  ...answer(502, '{"Code":"AssumeRoleRefused"}'),
  asked: 'blue',
  code: 'AssumeRoleRefused',
  keyIdEnding: null,
  expiration: null,
  message: 'the trust policy of blue does not let arn:aws:iam::111122223333:role/nodes in',
};

describe('ID010', () => {
  it('passes when credentials are served and STS accepts them', () => {
    const finding = judged({});
    assert.equal(
      told([finding])[0],
      'pass Deployment/blue: an access key that ends in MPLE, first credential after 9 ms',
    );
    assert.equal(finding.control?.outcome, 'refused: InvalidClientTokenId');
  });

  it('names the token as the failing step when nothing answers', () => {
    const silence = answer(0, null, 'Connection refused');
    const finding = judged({
      token: silence,
      listing: silence,
      document: null,
      canary: { ...goodBlue.canary!, ...silence, isProxy: false },
    });
    assert.equal(
      finding.observed,
      'step 1, the token: no answer: Connection refused; the canary is not answered either',
    );
  });

  it('names the listing, with its words', () => {
    const finding = judged({ listing: answer(404, 'no role'), document: { ...refusal, status: 404 } });
    assert.equal(finding.observed, 'step 2, the listing: 404 in 3 ms: no role');
  });

  it('tells a race at the start of the pod from a lasting refusal', () => {
    const finding = judged({
      listing: answer(404, 'not seen yet'),
      listingAgain: answer(200, 'blue'),
      document: { ...refusal, status: 404 },
    });
    assert.equal(
      finding.observed,
      'step 2, the listing: 404 in 3 ms: not seen yet; asked again it was served, so the first request came before the daemon knew the pod',
    );
  });

  it("names the document, with the daemon's own words of which side refuses", () => {
    const finding = judged({ document: refusal, caller: null });
    assert.equal(
      finding.observed,
      'step 3, the document of blue: 502 in 3 ms, saying: the trust policy of blue does not let arn:aws:iam::111122223333:role/nodes in',
    );
    assert.equal(finding.fix?.command, 'pod-iam trust-policy explain --role blue');
    assert.equal(finding.control?.outcome, 'the proxy, which knows it as apps/probe-blue');
  });

  it('sends to the trust policy for a refusal by STS, and not for one by the daemon', () => {
    const of = (code: string) => judged({ document: { ...refusal, status: 403, code }, caller: null }).fix;
    assert.equal(of('AssumeRoleUnauthorizedAccess')?.text, 'compare the trust policy with the node identity');
    assert.deepEqual(of('RoleNotAllowed'), {
      text: 'read the Warning events of the pod, in which the daemon names its reason',
      command: null,
      patch: null,
    });
  });

  it('names STS when it does not accept what was served', () => {
    const finding = judged({
      caller: { ...answer(403), arn: null, errorCode: 'InvalidClientTokenId', message: 'invalid' },
    });
    assert.equal(
      finding.observed,
      'step 4, GetCallerIdentity: STS does not accept the credentials: InvalidClientTokenId, invalid',
    );
  });

  it('is unknown with the next step when the pod did not run or cannot be read', () => {
    const notRun = judged({ outcome: { state: 'not-run', why: 'forbidden', next: 'ask an admin' } });
    assert.equal(told([notRun])[0], 'unknown Deployment/blue: the diagnostic pod did not run: forbidden');
    assert.equal(notRun.fix?.text, 'ask an admin');
    const broken = judged({ outcome: { state: 'broken', why: 'its log is empty' } });
    assert.equal(
      told([broken])[0],
      "unknown Deployment/blue: the diagnostic pod's output cannot be read: its log is empty",
    );
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});
