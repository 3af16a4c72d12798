// Against the emulated STS, which judges every AssumeRole by the trust policy as it stands.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectAws } from '../../src/aws/clients.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../src/sandbox/aws/index.ts';
import { isProof, prepareProof } from '../../src/trust-policy/prepare-proof.ts';
import type { Claim, Prover, Trial } from '../../src/trust-policy/proof.ts';
import { prove } from '../../src/trust-policy/prove.ts';
import { proofLines } from '../../src/trust-policy/wanted.ts';

describe('the proof of a changed trust policy', () => {
  const world = buildAws('210987654321');
  const node = world.user('node', { policy: allowing('sts:AssumeRole') });
  const other = world.user('other');
  const app = world.role('app', { trust: trusting(other.arn) });
  const role = world.state.roles[0]!;
  const closed = role.trustPolicy;
  const open = JSON.stringify(trusting(other.arn, node.arn));
  const claim: Claim = { role: app.arn, document: open, before: closed, isWider: true, externalId: null };
  const wait = { signal: new AbortController().signal, timeoutMs: 2000, pauseMs: 5 };
  let aws: EmulatedAws;
  let prover: Prover;

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
    process.env.AWS_ENDPOINT_URL = aws.url;
    process.env.AWS_ACCESS_KEY_ID = node.key.id;
    process.env.AWS_SECRET_ACCESS_KEY = node.key.secret;
    prover = await connectAws({ region: 'eu-west-1', env: {} });
  });
  after(async () => {
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
      delete process.env[name];
    await aws.close();
  });

  it('is a session that was refused before, awaited while STS lags', async () => {
    role.trustPolicy = closed;
    const prepared = await prepareProof(prover, claim);
    assert.ok(!isProof(prepared), JSON.stringify(prepared));
    assert.match(prepared.control, /^before the change: AccessDenied: User: .*user\/node is not authorized/);
    setTimeout(() => {
      role.trustPolicy = open;
    }, 100);
    const proof = await prove(prover, claim, prepared, wait);
    assert.equal(proof.outcome, 'proven');
    assert.equal(proof.session, 'arn:aws:sts::210987654321:assumed-role/app/pod-iam-proof');
  });

  it('is none for a caller who had the role before, and none where STS never agrees', async () => {
    role.trustPolicy = open;
    const prepared = await prepareProof(prover, claim);
    assert.ok(isProof(prepared));
    assert.match(prepared.because, /got the role before the change, too/);
    role.trustPolicy = closed;
    const proof = await prove(
      prover,
      claim,
      { as: node.arn, expects: 'session', control: '' },
      { ...wait, timeoutMs: 30 },
    );
    assert.equal(proof.outcome, 'not-in-force');
    assert.match(proof.because, /^STS still refuses .*user\/node after 0 s: AccessDenied/);
  });

  it('is not tried by somebody whom the document does not mean', async () => {
    const asked = aws.requests.length;
    const strangers = { ...claim, document: JSON.stringify(trusting(other.arn)) };
    const prepared = await prepareProof(prover, strangers);
    assert.ok(isProof(prepared));
    assert.match(prepared.because, /^these are credentials of .*user\/node, whom it does not let in: /);
    assert.equal(
      prepared.command,
      `aws sts assume-role --role-arn ${app.arn} --role-session-name pod-iam-proof`,
    );
    assert.deepEqual(
      aws.requests.slice(asked).map(({ action }) => action),
      ['GetCallerIdentity'],
    );
  });

  it('of a document that stood before is controlled by a role that nobody made', async () => {
    role.trustPolicy = open;
    const standing = { ...claim, before: null, isWider: false };
    const prepared = await prepareProof(prover, standing);
    assert.ok(!isProof(prepared));
    assert.match(prepared.control, /role\/pod-iam-proof-[0-9a-f]{12}: AccessDenied/);
    assert.equal((await prove(prover, standing, prepared, wait)).outcome, 'proven');
    const lax = { ...prover, tryRole: async () => ({ session: 'arn:aws:sts::1:assumed-role/x/y' }) };
    const doubted = await prepareProof(lax, standing);
    assert.ok(isProof(doubted));
    assert.match(doubted.because, /gave .* a role that nobody made/);
  });

  it('sends the external id along', async () => {
    const guarded = {
      ...trusting(node.arn),
      Statement: [
        {
          ...{ Effect: 'Allow', Principal: { AWS: node.arn }, Action: 'sts:AssumeRole' },
          Condition: { StringEquals: { 'sts:ExternalId': 'blue' } },
        },
      ],
    };
    role.trustPolicy = closed;
    const with_ = { ...claim, document: JSON.stringify(guarded), externalId: 'blue' };
    const prepared = await prepareProof(prover, with_);
    assert.ok(!isProof(prepared));
    role.trustPolicy = with_.document;
    assert.equal((await prove(prover, with_, prepared, wait)).outcome, 'proven');
    const without = await prepareProof(prover, { ...with_, externalId: null });
    assert.ok(isProof(without));
  });

  const narrowing: Claim = { ...claim, document: closed, before: open, isWider: false };

  it('of a change that only takes away is the refusal of one who was let in', async () => {
    role.trustPolicy = open;
    const prepared = (await prepareProof(prover, narrowing)) as Trial;
    assert.deepEqual(prepared, {
      ...{ as: node.arn, expects: 'refusal' },
      control: `before the change: ${node.arn} became arn:aws:sts::210987654321:assumed-role/app/pod-iam-proof`,
    });
    setTimeout(() => {
      role.trustPolicy = closed;
    }, 100);
    const proof = await prove(prover, narrowing, prepared, wait);
    assert.deepEqual([proof.outcome, proof.session, proof.command], ['proven', null, null]);
    assert.match(proof.because, /user\/node is refused now: AccessDenied/);
    role.trustPolicy = open;
    const lagging = await prove(prover, narrowing, prepared, { ...wait, timeoutMs: 30 });
    assert.equal(lagging.outcome, 'not-in-force');
    assert.equal(lagging.because, `STS still gives ${node.arn} the role after 0 s`);
  });

  it('claims nothing of such a change by whoever got the role before it and gets it still', async () => {
    role.trustPolicy = open;
    const kept = { ...narrowing, document: JSON.stringify(trusting(node.arn)) };
    const prepared = (await prepareProof(prover, kept)) as Trial;
    assert.equal(prepared.expects, 'still');
    const proof = await prove(prover, kept, prepared, wait);
    assert.deepEqual(proofLines(proof), [
      `Nothing that a session could show: the change lets in nobody new; ${node.arn}, whom it still lets in, became arn:aws:sts::210987654321:assumed-role/app/pod-iam-proof, as before it`,
      '  IAM shows the document; STS as a rule heeds it within seconds.',
      `  Whom it shuts out is refused now: aws sts assume-role --role-arn ${app.arn} --role-session-name pod-iam-proof`,
      '  Credentials of those, given before such a change, prove it (--prove-as PROFILE)',
    ]);
    role.trustPolicy = closed;
    assert.equal((await prove(prover, kept, prepared, { ...wait, timeoutMs: 30 })).outcome, 'not-in-force');
  });

  it('claims nothing of such a change by a stranger to both documents, nor by one who was refused anyway', async () => {
    role.trustPolicy = closed;
    const stranger = { ...narrowing, before: closed };
    const asked = aws.requests.length;
    const unasked = await prepareProof(prover, stranger);
    assert.ok(isProof(unasked));
    assert.equal(unasked.outcome, 'narrowed');
    assert.match(
      unasked.because,
      /^the change lets in nobody new, .*, who is let in neither before nor after$/,
    );
    assert.ok(!aws.requests.slice(asked).some(({ action }) => action === 'AssumeRole'));
    const refused = await prepareProof(prover, narrowing);
    assert.ok(isProof(refused));
    assert.equal(refused.outcome, 'narrowed');
    assert.match(refused.because, /user\/node was refused before it, too: AccessDenied/);
  });
});
