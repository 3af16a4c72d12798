// The script with real shells and the real curl, against a stand-in for the endpoint and for STS.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { parseProbeLog } from '../../src/probe/parse.ts';
import type { PlannedProbe } from '../../src/probe/plan.ts';
import { probeScript } from '../../src/probe/script.ts';
import { type Answer, startStandIn } from '../helpers/metadata-stand-in.ts';
import { runScript } from '../helpers/run-script.ts';
import { shells } from '../helpers/shells.ts';

const SECRET = 'wJalrXUtnFEMI+K7MDENG/bPxRfiCYabcdefghij';
const SESSION = 'IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ==';
const ROLE = 'arn:aws:iam::111122223333:role/blue';
const ROLES = '/latest/meta-data/iam/security-credentials/';

const probe: PlannedProbe = {
  id: 'p1',
  kind: 'identity',
  workload: 'apps/Deployment/blue',
  namespace: 'apps',
  node: 'node-1',
  serviceAccount: 'default',
  annotations: {},
  tolerations: [],
  expectedRole: ROLE,
  otherRole: 'arn:aws:iam::111122223333:role/red',
  sources: ['imds'],
  container: null,
};
const pod = { name: 'probe-1', node: 'node-1' };

const document = (more: object = {}): string =>
  JSON.stringify(
    {
      Code: 'Success',
      Type: 'AWS-HMAC',
      AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      SecretAccessKey: SECRET,
      Token: SESSION,
      Expiration: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z'),
      ...more,
    },
    null,
    2,
  );

const identityXml = (arn: string): string =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <GetCallerIdentityResult>\n    <Arn>${arn}</Arn>\n  </GetCallerIdentityResult>\n</GetCallerIdentityResponse>`;

/** The proxy as it should be, with STS beside it. */
function goodAnswer({
  line,
  hasToken,
  headers,
}: {
  line: string;
  hasToken: boolean;
  headers: object;
}): Answer {
  const authorization = (headers as { authorization?: string }).authorization ?? '';
  if (line === 'PUT /latest/api/token') return { status: 200, body: 'TOKEN123' };
  if (line === 'POST /') {
    if (authorization.includes('Credential=ASIAIOSFODNN7EXAMPLE/'))
      return { status: 200, body: identityXml('arn:aws:sts::111122223333:assumed-role/blue/apps.probe') };
    return {
      status: 403,
      body: '<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token is invalid</Message></Error></ErrorResponse>',
    };
  }
  if (line === 'GET /-/pod-iam')
    return {
      status: 200,
      body: JSON.stringify({
        'pod-iam': true,
        version: '0.1.0',
        node: 'node-1',
        caller: { address: '10.0.0.1', namespace: 'apps', pod: 'probe-1' },
        role: ROLE,
      }),
    };
  if (!hasToken) return { status: 401, body: 'no token' };
  if (line === `GET ${ROLES}`) return { status: 200, body: 'blue' };
  if (line === `GET ${ROLES}blue`) return { status: 200, body: document() };
  if (line === 'GET /latest/meta-data/placement/availability-zone')
    return { status: 200, body: 'eu-west-1a' };
  if (line.startsWith(`GET ${ROLES}`)) return { status: 403, body: 'not your role' };
  return { status: 404, body: 'not found' };
}

async function observe(
  answer: Parameters<typeof startStandIn>[0],
  shell?: string[],
  planned: PlannedProbe = probe,
): Promise<{ observation: ProbeObservation; log: string; asked: string[] }> {
  const standIn = await startStandIn(answer);
  try {
    const log = await runScript(
      {
        PROBE_KIND: planned.kind,
        PROBE_METADATA: standIn.url,
        PROBE_STS: `${standIn.url}/`,
        PROBE_OWN_ROLE: planned.expectedRole ?? '',
        PROBE_OTHER_ROLE: planned.otherRole,
      },
      shell,
    );
    return { observation: parseProbeLog(log, planned, pod), log, asked: standIn.asked };
  } finally {
    await standIn.close();
  }
}

describe('the probe script', () => {
  for (const shell of shells)
    it(`sees all that a good proxy answers, in ${shell.join(' ')}`, async () => {
      const { observation, log } = await observe(goodAnswer, shell);
      assert.deepEqual(observation.outcome, { state: 'ran' });
      assert.equal(observation.token?.status, 200);
      assert.equal(observation.token.body, null);
      assert.equal(observation.listing?.body, 'blue');
      assert.equal(observation.document?.code, 'Success');
      assert.equal(observation.document.keyIdEnding, 'MPLE');
      assert.equal(observation.canary?.takenFor, 'apps/probe-1');
      assert.equal(observation.caller?.arn, 'arn:aws:sts::111122223333:assumed-role/blue/apps.probe');
      assert.equal(observation.invented?.errorCode, 'InvalidClientTokenId');
      assert.equal(observation.listingWithoutToken?.status, 401);
      assert.equal(observation.harmless?.body, 'eu-west-1a');
      assert.equal(observation.attempts['other-role']?.status, 403);
      assert.equal(observation.attempts['identity-credentials']?.status, 404);
      assert.ok(Math.abs((observation.remainingSeconds ?? 0) - 3600) < 20);
      assert.ok((observation.firstCredentialMs ?? -1) >= 0);
      for (const secret of [SECRET, SESSION, 'TOKEN123', 'ASIAIOSFODNN7'])
        assert.ok(!log.includes(secret), `the log holds ${secret}`);
    });

  for (const shell of shells)
    it(`prints any body as one line of JSON, cut to 600 characters, in ${shell.join(' ')}`, async () => {
      const nasty = `say "hi" \\ back\ttab \r\n{"a":"b*[x]?"} $(id) \`id\` é\x7f`;
      const { observation } = await observe(
        (request) =>
          request.line.endsWith('/availability-zone') ? { status: 500, body: nasty } : goodAnswer(request),
        shell,
      );
      assert.equal(observation.harmless?.body, 'say "hi" \\ back tab   {"a":"b*[x]?"} $(id) `id` é ');
      const long = await observe(
        (request) =>
          request.line.endsWith('/availability-zone')
            ? { status: 500, body: '"'.repeat(5000) }
            : goodAnswer(request),
        shell,
      );
      assert.equal(long.observation.harmless?.body, '"'.repeat(600));
    });

  it('asks token, listing and document first and once, as an SDK does', async () => {
    const { asked } = await observe(goodAnswer);
    assert.deepEqual(asked.slice(0, 3), ['PUT /latest/api/token', `GET ${ROLES}`, `GET ${ROLES}blue`]);
    assert.equal(asked.filter((line) => line === `GET ${ROLES}blue`).length, 1);
  });

  it('never puts a secret on a command line', () => {
    const curls = probeScript()
      .split('\n')
      .filter((line) => /\bcurl\b/.test(line) && !line.startsWith('#'));
    const calls = curls.filter((line) => line.includes('| curl'));
    assert.equal(calls.length, 3);
    for (const call of calls) assert.match(call, /-K -\)$/);
    for (const call of calls) assert.doesNotMatch(call, /\$(?:token|secret|session|key|bearer|stranger|3)\b/);
  });

  it('holds nothing that Kubernetes would expand in a command', () => {
    assert.doesNotMatch(probeScript(), /\$\$|\$\([A-Za-z_][\w.-]*\)/);
  });

  it('notices a leaked secret key without printing it', async () => {
    const { observation, log } = await observe((request) =>
      request.line.endsWith('ec2-instance') ? { status: 200, body: document() } : goodAnswer(request),
    );
    assert.equal(observation.attempts['identity-credentials']?.leaked, true);
    assert.equal(observation.attempts['identity-credentials'].body, null);
    assert.ok(!log.includes(SECRET));
  });

  it('keeps the session token out of the log when STS prints what it signed', async () => {
    const { observation, log } = await observe((request) =>
      request.line === 'POST /'
        ? {
            status: 403,
            body: `<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:${SESSION}'</Message></Error></ErrorResponse>`,
          }
        : goodAnswer(request),
    );
    assert.equal(observation.caller?.errorCode, 'SignatureDoesNotMatch');
    assert.equal(observation.caller.message, 'The request signature we calculated does not match.');
    assert.ok(!log.includes(SESSION));
  });

  it("brings home the daemon's own words when STS refuses", async () => {
    const { observation } = await observe((request) =>
      request.line === `GET ${ROLES}blue`
        ? {
            status: 502,
            body: '{"Code":"Failed","Message":"the trust policy of \\u0022blue\\u0022 refuses"}',
          }
        : goodAnswer(request),
    );
    assert.equal(observation.document?.status, 502);
    assert.equal(observation.document.code, 'Failed');
    assert.match(observation.document.message ?? '', /^the trust policy of/);
    assert.equal(observation.firstCredentialMs, null);
    assert.equal(observation.caller, null);
  });

  it('brings home by whose code an attempt was refused', async () => {
    const { observation } = await observe((request) =>
      request.hasToken && request.line.startsWith(`GET ${ROLES}arn`)
        ? { status: 403, body: '{"Code":"AssumeRoleUnauthorizedAccess","Message":"STS refused"}' }
        : goodAnswer(request),
    );
    assert.equal(observation.attempts['other-role']?.code, 'AssumeRoleUnauthorizedAccess');
    assert.equal(observation.attempts.extended?.code, null);
    assert.equal(observation.document?.code, 'Success');
  });

  it('asks the listing once more after a failure, to tell a race from a refusal', async () => {
    let listings = 0;
    const { observation, asked } = await observe((request) => {
      if (request.line === `GET ${ROLES}` && request.hasToken && listings++ === 0)
        return { status: 404, body: 'unknown address' };
      return goodAnswer(request);
    });
    assert.equal(observation.listing?.status, 404);
    assert.equal(observation.listingAgain?.status, 200);
    assert.equal(asked[2], `GET ${ROLES}${ROLE}`);
  });

  it('asks the canary once more when the daemon has not seen the pod yet', async () => {
    let canaries = 0;
    const { observation } = await observe((request) => {
      const answer = goodAnswer(request);
      if (request.line !== 'GET /-/pod-iam' || canaries++ > 0) return answer;
      return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), caller: null }) };
    });
    assert.equal(canaries, 2);
    assert.equal(observation.canary?.takenFor, 'apps/probe-1');
  });

  it('asks for nothing by name when a bare pod is listed no role', async () => {
    const bare: PlannedProbe = {
      ...probe,
      kind: 'bare',
      workload: null,
      expectedRole: null,
      otherRole: ROLE,
    };
    const { observation, asked } = await observe(
      (request) =>
        request.line.startsWith(`GET ${ROLES}`) && request.hasToken
          ? { status: 404, body: '' }
          : goodAnswer(request),
      undefined,
      bare,
    );
    assert.equal(observation.document, null);
    assert.equal(observation.listingAgain, null);
    assert.equal(observation.attempts['other-role']?.path, `${ROLES}${ROLE}`);
    assert.equal(asked.filter((line) => line === 'POST /').length, 0);
  });

  it('takes no page of a captive portal for a token or a role', async () => {
    const page = '<html>Log in to "the network", please\n</html>';
    const { observation, asked } = await observe(() => ({ status: 200, body: page }));
    assert.equal(observation.outcome.state, 'ran');
    assert.equal(observation.document?.asked, ROLE);
    assert.equal(observation.document.keyIdEnding, null);
    assert.equal(observation.canary?.isProxy, false);
    assert.ok(asked.every((line) => !line.includes('<')));
  });

  it('ends early and says why when nothing answers', async () => {
    const standIn = await startStandIn(goodAnswer);
    await standIn.close();
    const log = await runScript({ PROBE_METADATA: standIn.url, PROBE_STS: `${standIn.url}/` });
    const observation = parseProbeLog(log, probe, pod);
    assert.equal(observation.outcome.state, 'ran');
    assert.equal(observation.token?.status, 0);
    assert.match(observation.token.failure ?? '', /refused|Couldn't connect|Could not connect/i);
    assert.deepEqual(observation.attempts, {});
  });

  it('says so when the image has no curl', async () => {
    const log = await runScript(
      { PROBE_METADATA: 'http://127.0.0.1:1', PROBE_STS: 'http://127.0.0.1:1/' },
      ['/bin/sh'],
      { PATH: '/nowhere' },
    );
    assert.deepEqual(parseProbeLog(log, probe, pod).outcome, {
      state: 'broken',
      why: 'curl cannot be run: the image holds none, or one older than 7.75',
    });
  });
});
