// The checks that look at what a workload was served, for workloads that ask by a token.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run as CR001 } from '../../src/checks/CR001.ts';
import { run as CR002 } from '../../src/checks/CR002.ts';
import { run as ID008 } from '../../src/checks/ID008.ts';
import { run as ID009 } from '../../src/checks/ID009.ts';
import { run as ID010 } from '../../src/checks/ID010.ts';
import type { ContainerObservation, ProbeObservation } from '../../src/model/observation.ts';
import { known, type Snapshot } from '../../src/model/snapshot.ts';
import {
  ACCOUNT,
  askingByToken,
  CONTAINER_URL,
  goodProbe,
  goodSnapshot,
  proxy,
  workload,
} from '../helpers/snapshot.ts';

const byAddress = goodProbe(workload('blue', 'blue'), 'node-1');
const good = askingByToken(byAddress).container!;
const session = (role: string) => ({
  ...good.caller!,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/apps.probe-blue`,
});
type Check = typeof ID008;
const judgedOf = (check: Check, probe: ProbeObservation, facts: Partial<Snapshot> = {}) =>
  check(goodSnapshot({ probes: known([probe], ''), ...facts }))[0]!;
const judged = (check: Check, more: Partial<ContainerObservation> = {}, facts: Partial<Snapshot> = {}) =>
  judgedOf(check, askingByToken(byAddress, more), facts);
const refused = (status: number, body: string | null) => ({
  ...{ document: { ...good.document, status, body, keyIdEnding: null }, caller: null },
  ...{ attempts: {}, firstCredentialMs: null, remainingSeconds: null },
});

describe('a workload that asks by its token', () => {
  it('is judged by what it was served for it, and by its own figures', () => {
    assert.equal(
      judged(ID010).observed,
      'an access key that ends in MPLE, for its token, first credential after 7 ms',
    );
    assert.equal(judged(ID010).evidence[0]!.what, 'container credentials');
    assert.equal(judged(CR001).observed, '7 ms');
    assert.equal(
      judged(CR001, { firstCredentialMs: 1100, document: { ...good.document, ms: 1100 } }).status,
      'fail',
    );
    assert.equal(judged(CR002, { remainingSeconds: 60 }).status, 'fail');
    assert.equal(judged(ID008).observed, good.caller!.arn);
  });

  it('fails for another role than the annotated one, though the metadata address gives that', () => {
    const finding = judged(ID008, { caller: session('green') });
    assert.equal(finding.status, 'fail');
    assert.equal(finding.observed, `${session('green').arn}, served for its token at ${CONTAINER_URL}`);
    assert.equal(judged(ID009, { caller: session('nodes') }).status, 'fail');
  });

  it("fails when the node's role is to be had at the metadata address all the same", () => {
    const bypass = { ...askingByToken(byAddress), caller: session('nodes') };
    assert.equal(judgedOf(ID009, bypass).observed, `${session('nodes').arn}, which is the node's identity`);
    assert.equal(judged(ID009).status, 'pass');
  });

  it('is told what to change when it gets nothing', () => {
    const cases: [number, string | null, string, string][] = [
      [
        400,
        'no token\n',
        '400 in 7 ms, saying: no token',
        'name the token in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, as pod-iam explain ID010 shows',
      ],
      [
        401,
        'not for the audience',
        '401 in 7 ms, saying: not for the audience',
        'project the token for the audience pod-iam.dev; it is for elsewhere',
      ],
      [
        403,
        'STS refused (TP018)',
        '403 in 7 ms, saying: STS refused (TP018)',
        'compare the trust policy with the node identity',
      ],
      [
        403,
        'the role is not allowed here (AN003)',
        '403 in 7 ms, saying: the role is not allowed here (AN003)',
        'read the Warning events of the pod, in which the daemon names its reason',
      ],
    ];
    for (const [status, body, words, next] of cases) {
      const finding = judged(ID010, { ...refused(status, body), audience: 'elsewhere' });
      assert.equal(finding.status, 'fail');
      assert.equal(finding.observed, `the container credentials at ${CONTAINER_URL}: ${words}`);
      assert.equal(finding.fix?.text, next);
      assert.equal(judged(ID008, refused(status, body)).because, 'ID010');
    }
    const args = ['--container-credentials', '--container-credentials-audience=own.example'];
    const facts = { proxy: known(proxy({ args }), '') };
    assert.match(
      judged(ID010, refused(401, null), facts).fix!.text,
      /^project the token for the audience own\.example;/,
    );
  });

  it("is sent to EKS's side where the agent of EKS takes its token", () => {
    const audience = 'pods.eks.amazonaws.com';
    assert.equal(
      judged(ID010, { ...refused(404, 'ResourceNotFoundException'), audience }).fix?.text,
      'see whether its service account has an association, and what the EKS Pod Identity agent of the node logs',
    );
    assert.equal(
      judged(ID008, { caller: session('green'), audience }).fix?.text,
      'remove the EKS Pod Identity association of its service account, or the annotation (ID004)',
    );
  });

  it('is told whether the daemon answers there at all', () => {
    const nobody = { ...refused(0, null) };
    const of = (args: string[]) => judged(ID010, nobody, { proxy: known(proxy({ args }), '') }).fix;
    assert.equal(of([])?.command, 'pod-iam upgrade --container-credentials');
    assert.equal(of(['--container-credentials'])?.command, 'pod-iam status');
  });

  it('names STS when it does not accept what was served', () => {
    const caller = { ...good.caller!, status: 403, arn: null, errorCode: 'ExpiredToken', message: null };
    assert.equal(
      judged(ID010, { caller }).observed,
      'step 4, GetCallerIdentity: STS does not accept the credentials: ExpiredToken',
    );
  });

  it('is unknown when no diagnostic pod can have its token', () => {
    const finding = judgedOf(ID010, { ...askingByToken(byAddress), container: null });
    assert.equal(finding.status, 'unknown');
    assert.equal(finding.observed, 'its SDKs ask for container credentials in a way that no other pod can');
  });
});

describe('a workload some of whose containers ask by a token', () => {
  const mixed = (probe: ProbeObservation): ProbeObservation => ({ ...probe, sources: ['container', 'imds'] });

  it('passes when both ways lead to its role, and fails when one does not', () => {
    assert.equal(judgedOf(ID008, mixed(askingByToken(byAddress))).status, 'pass');
    const other = { ...mixed(askingByToken(byAddress)), caller: session('green') };
    assert.equal(judgedOf(ID008, other).observed, `${session('green').arn}, served by the proxy`);
    const none = { ...mixed(askingByToken(byAddress)), document: null, caller: null };
    assert.equal(judgedOf(ID010, none).status, 'fail');
  });
});
