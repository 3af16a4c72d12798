// The script against the real daemon, with an emulated STS that verifies what curl signed, and the
// verdicts that the checks come to.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runChecks } from '../../src/checks/run.ts';
import { INVENTED_ROLE, type ProbeObservation } from '../../src/model/observation.ts';
import { known } from '../../src/model/snapshot.ts';
import { parseProbeLog } from '../../src/probe/parse.ts';
import type { PlannedProbe } from '../../src/probe/plan.ts';
import { runScript } from '../helpers/run-script.ts';
import { goodAws, goodSnapshot, withWorkloads, workload } from '../helpers/snapshot.ts';
import { BASE, NODE_ROLE, startWorld, type World } from '../proxy/world.ts';

let world: World;
before(async () => {
  world = await startWorld(['--allowed-hosts=127.0.0.1']);
});
after(() => world.close());

/** Runs the script as a pod with this annotation; its address is that of all that curl sends here. */
async function probeAs(role: string | null, otherRole: string) {
  const name = `probe-${role?.replaceAll('/', '-') ?? 'bare'}`;
  world.pod(name, { ip: '127.0.0.1', role, namespace: 'apps' });
  const planned: PlannedProbe = {
    id: 'p1',
    kind: role === null ? 'bare' : 'identity',
    workload: role === null ? null : `apps/Deployment/${role}`,
    namespace: 'apps',
    node: 'node-1',
    serviceAccount: 'default',
    annotations: {},
    tolerations: [],
    expectedRole: role === null ? null : BASE + role,
    otherRole,
    sources: ['imds'],
    container: null,
  };
  const log = await runScript({
    PROBE_KIND: planned.kind,
    PROBE_METADATA: `http://127.0.0.1:${world.daemon.address.port}`,
    PROBE_OWN_ROLE: planned.expectedRole ?? '',
    PROBE_OTHER_ROLE: otherRole,
    PROBE_STS: `${world.aws.url}/`,
    PROBE_REGION: 'eu-west-1',
  });
  world.removePod(name);
  return { log, observation: parseProbeLog(log, planned, { name, node: 'node-1' }) };
}

const judge = (role: string, ...probes: ReturnType<typeof parseProbeLog>[]) =>
  runChecks(
    withWorkloads([workload(role, role)], {
      probes: known(probes, ''),
      nodeIdentities: known([NODE_ROLE], ''),
      // IAM is not asked here: what it would tell, the probe proves.
      aws: goodAws({ roles: {} }),
      settings: { ...goodSnapshot().settings, baseRoleArn: BASE },
    }),
    { by: ['A'] },
  );

/** As if each answer had come at once: how fast this machine is, with all else that it does, decides nothing. */
const unhurried = (observation: ProbeObservation): ProbeObservation =>
  JSON.parse(JSON.stringify(observation), (key, value: unknown) =>
    (key === 'ms' || key === 'firstCredentialMs') && value !== null ? 1 : value,
  );

describe('the probe script against the daemon', () => {
  it('proves a role and that nothing else is to be had, every active check with its control', async () => {
    const blue = await probeAs('blue', `${BASE}red`);
    const bare = await probeAs(null, `${BASE}blue`);
    const results = judge('blue', unhurried(blue.observation), unhurried(bare.observation));
    assert.deepEqual(
      results.filter(({ status }) => status !== 'pass').map(({ code, observed }) => `${code}: ${observed}`),
      [],
    );
    for (const code of ['NW001', 'NW010', 'ID008', 'ID009', 'ID010', 'LK001', 'LK002', 'LK004', 'LK005'])
      assert.ok(
        results.some((result) => result.code === code && result.control !== null),
        `${code} was not decided`,
      );
    assert.match(blue.observation.caller?.arn ?? '', /^arn:aws:sts::111122223333:assumed-role\/blue\//);
    assert.equal(blue.observation.canary?.takenFor, 'apps/probe-blue');
    assert.equal(blue.observation.invented?.errorCode, 'InvalidClientTokenId');
  });

  it('proves a role with a path, and one that nobody else has against an invented name', async () => {
    const { observation } = await probeAs('team/green', INVENTED_ROLE);
    assert.equal(observation.listing?.body, 'team/green');
    assert.match(observation.caller?.arn ?? '', /assumed-role\/green\//);
    assert.equal(observation.attempts['other-role']?.status, 403);
    const decided = judge('team/green', unhurried(observation)).find(({ code }) => code === 'LK002')!;
    assert.deepEqual([decided.status, decided.observed], ['pass', 'other-role 403']);
  });

  it('brings home which side refuses when the trust policy names somebody else', async () => {
    const { observation } = await probeAs('closed', `${BASE}blue`);
    assert.equal(observation.document?.keyIdEnding, null);
    const [result] = judge('closed', observation).filter(({ code }) => code === 'ID010');
    assert.equal(result!.status, 'fail');
    assert.match(result!.observed, /^step 3, the document of closed: \d+ in \d+ ms, saying: .*trust policy/);
  });

  it('prints no secret, whatever was served', async () => {
    const { log } = await probeAs('blue', `${BASE}red`);
    assert.match(log, /"key":"[A-Z0-9]{4}"/);
    assert.doesNotMatch(log, /ASIA|SecretAccessKey|[A-Za-z0-9/+]{60,}/);
  });
});
