// The script where a workload asks by its token: with real shells and the real curl, against a stand-in
// for the container credentials endpoint that knows one token.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { parseProbeLog } from '../../src/probe/parse.ts';
import type { PlannedProbe } from '../../src/probe/plan.ts';
import { type Answer, startStandIn } from '../helpers/metadata-stand-in.ts';
import { runScript } from '../helpers/run-script.ts';
import { shells } from '../helpers/shells.ts';

const SECRET = 'wJalrXUtnFEMI+K7MDENG/bPxRfiCYabcdefghij';
const URL = 'http://169.254.170.23/v1/credentials';
const ARN = 'arn:aws:sts::111122223333:assumed-role/blue/apps.probe';
const OWN = 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsicG9kLWlhbS5kZXYiXX0.c2lnbmF0dXJlLW9mLXRoZS1vd24';
const OTHER = 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsibm9ib2R5Il19.c2lnbmF0dXJlLW9mLWFub3RoZXI';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-token-'));
writeFileSync(join(folder, 'own'), OWN);
writeFileSync(join(folder, 'other'), OTHER);
after(() => rmSync(folder, { recursive: true }));

const probe: PlannedProbe = {
  id: 'p1',
  kind: 'identity',
  workload: 'apps/Deployment/blue',
  namespace: 'apps',
  node: 'node-1',
  serviceAccount: 'web',
  annotations: {},
  tolerations: [],
  expectedRole: 'arn:aws:iam::111122223333:role/blue',
  otherRole: 'arn:aws:iam::111122223333:role/red',
  sources: ['container'],
  container: {
    url: URL,
    token: {
      ...{ kind: 'projected', volume: 'v', path: 'token' },
      ...{ audience: 'pod-iam.dev', expirationSeconds: 3600 },
    },
  },
};

const credentials = JSON.stringify({
  AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  SecretAccessKey: SECRET,
  Token: 'IQoJb3JpZ2luX2VjEJr',
  AccountId: '111122223333',
  Expiration: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z'),
});

type Request = Parameters<Parameters<typeof startStandIn>[0]>[0];

/** Knows the own token; the metadata service knows no role here. */
function goodAnswer({ line, headers }: Request): Answer {
  const { authorization = '' } = headers;
  if (line === 'GET /v1/credentials')
    return authorization === OWN
      ? { status: 200, body: credentials }
      : { status: authorization === '' ? 400 : 401, body: 'the token is no identity here\n' };
  if (line === 'PUT /latest/api/token') return { status: 200, body: 'TOKEN123' };
  if (line !== 'POST /') return { status: 404, body: '{"Code":"NoRole"}' };
  return authorization.includes('Credential=ASIAIOSFODNN7EXAMPLE/')
    ? { status: 200, body: `<GetCallerIdentityResult><Arn>${ARN}</Arn></GetCallerIdentityResult>` }
    : { status: 403, body: '<Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error>' };
}

async function observe(
  answer: (request: Request) => Answer = goodAnswer,
  { shell = ['sh'], token = true }: { shell?: string[]; token?: boolean } = {},
): Promise<{ observation: ProbeObservation; log: string; sent: (string | undefined)[]; asked: string[] }> {
  const standIn = await startStandIn(answer);
  try {
    const log = await runScript(
      {
        PROBE_METADATA: standIn.url,
        PROBE_STS: `${standIn.url}/`,
        PROBE_CONTAINER: `${standIn.url}/v1/credentials`,
        PROBE_CONTAINER_TOKEN: token ? join(folder, 'own') : '',
        PROBE_CONTAINER_OTHER: token ? join(folder, 'other') : '',
      },
      shell,
    );
    const sent = standIn.headers
      .filter((_, index) => standIn.asked[index] === 'GET /v1/credentials')
      .map(({ authorization }) => authorization);
    const observation = parseProbeLog(log, probe, { name: 'probe-1', node: 'node-1' });
    return { observation, log, sent, asked: standIn.asked };
  } finally {
    await standIn.close();
  }
}

describe('the probe script, for a workload that asks by its token', () => {
  for (const shell of shells)
    it(`proves who it is, and that nothing but its token will do, in ${shell.join(' ')}`, async () => {
      const { observation, log, sent, asked } = await observe(goodAnswer, { shell });
      const { container } = observation;
      assert.equal(observation.outcome.state, 'ran');
      assert.equal(asked[0], 'GET /v1/credentials');
      assert.equal(container?.document.status, 200);
      assert.equal(container.document.keyIdEnding, 'MPLE');
      assert.equal(container.caller?.arn, ARN);
      assert.equal(observation.invented?.errorCode, 'InvalidClientTokenId');
      assert.ok(container.remainingSeconds! > 3500 && container.remainingSeconds! <= 3600);
      assert.deepEqual(
        Object.entries(container.attempts).map(([name, { status, leaked, path }]) => [
          name,
          status,
          leaked,
          path,
        ]),
        [
          ['no-token', 400, false, '/v1/credentials'],
          ['forged-token', 401, false, '/v1/credentials'],
          ['other-audience', 401, false, '/v1/credentials'],
        ],
      );
      assert.deepEqual(sent, [
        OWN,
        undefined,
        OWN.replace(/[^.]*$/, 'aW52ZW50ZWQtZm9yLXRoZS1jb250cm9s'),
        OTHER,
      ]);
      for (const secret of [SECRET, OWN, OTHER, 'ASIA', 'IQoJ']) assert.ok(!log.includes(secret), secret);
    });

  it("is not taken in by what the metadata service knows: that one's answers stay its own", async () => {
    const { observation } = await observe();
    assert.equal(observation.listing?.status, 404);
    assert.equal(observation.document?.keyIdEnding, null);
    assert.equal(observation.caller, null);
    assert.equal(observation.firstCredentialMs, null);
  });

  it('notices an endpoint that trusts a token as it stands, without printing what it gave', async () => {
    const gullible = (request: Request): Answer =>
      request.line === 'GET /v1/credentials' ? { status: 200, body: credentials } : goodAnswer(request);
    const { observation, log } = await observe(gullible);
    assert.deepEqual(
      Object.values(observation.container!.attempts).map(({ leaked }) => leaked),
      [true, true, true],
    );
    assert.ok(!log.includes(SECRET));
  });

  it("brings home the daemon's own words when it refuses, and hides a token that they repeat", async () => {
    const refusing =
      (body: string) =>
      (request: Request): Answer =>
        request.line === 'GET /v1/credentials' ? { status: 403, body } : goodAnswer(request);
    const { observation } = await observe(refusing('STS refused sts:AssumeRole (TP018)\n'));
    assert.match(observation.container?.document.body ?? '', /^STS refused sts:AssumeRole \(TP018\)/);
    assert.equal(observation.container?.caller, null);
    assert.equal(observation.invented, null);
    const echo = await observe(refusing(`no such token: ${OWN}`));
    assert.ok(!echo.log.includes(OWN));
    assert.equal(echo.observation.container?.document.body, null);
  });

  it('asks without a token where the workload has none', async () => {
    const { observation, sent } = await observe(goodAnswer, { token: false });
    assert.deepEqual(sent, [undefined, undefined]);
    assert.equal(observation.container?.document.status, 400);
    assert.deepEqual(Object.keys(observation.container.attempts), ['no-token']);
  });

  it('goes on at the metadata address when nothing answers there, without asking again', async () => {
    const standIn = await startStandIn(goodAnswer);
    const gone = await startStandIn(goodAnswer);
    await gone.close();
    try {
      const log = await runScript({
        PROBE_METADATA: standIn.url,
        PROBE_STS: `${standIn.url}/`,
        PROBE_CONTAINER: `${gone.url}/v1/credentials`,
        PROBE_CONTAINER_TOKEN: join(folder, 'own'),
      });
      const observation = parseProbeLog(log, probe, { name: 'probe-1', node: 'node-1' });
      assert.equal(observation.container?.document.status, 0);
      assert.deepEqual(observation.container.attempts, {});
      assert.equal(observation.token?.status, 200);
    } finally {
      await standIn.close();
    }
  });

  it('is not taken for whole without its step', async () => {
    const standIn = await startStandIn(goodAnswer);
    const log = await runScript({ PROBE_METADATA: standIn.url, PROBE_STS: `${standIn.url}/` });
    await standIn.close();
    const { outcome } = parseProbeLog(log, probe, { name: 'probe-1', node: 'node-1' });
    assert.deepEqual(outcome, { state: 'broken', why: 'its log lacks the step "container"' });
  });
});
