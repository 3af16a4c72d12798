import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/model/finding.ts';
import * as facts from '../../src/sandbox/demo/facts.ts';
import { installWords } from '../../src/sandbox/hints.ts';
import { waitForShop } from '../../src/sandbox/shop-ready.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { containerCredentialsPod, type SnippetPod } from '../helpers/doc-snippet.ts';
import { findProcess, startPodIam } from './run.ts';

let world: World;
before(async () => {
  world = await startWorld();
  await waitForShop(world.cluster, AbortSignal.timeout(20_000));
});
after(() => world.close());

/** Runs a pod in the shop to its end; what it printed. */
async function runPod(
  script: string,
  { role, image = 'curl:1', node }: { role?: string; image?: string; node?: string },
): Promise<string> {
  return ended({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: 'test-',
      namespace: 'shop',
      ...(role ? { annotations: { 'iam.amazonaws.com/role': role } } : {}),
    },
    spec: {
      restartPolicy: 'Never',
      ...(node ? { nodeName: node } : {}),
      containers: [{ name: 'main', image, command: ['sh', '-c', script] }],
    },
  });
}

/** What the one container of a pod of the shop has printed at its end. */
async function ended(pod: Parameters<typeof world.cluster.system.create>[1]): Promise<string> {
  const { metadata, spec } = world.cluster.system.create('pods', pod);
  const [{ name }] = (spec as { containers: [{ name: string }] }).containers;
  for (let i = 0; i < 2_400; i++) {
    const phase = (world.cluster.store.get('pods', 'shop', metadata.name)?.['status'] as { phase?: string })
      ?.phase;
    if (phase === 'Succeeded' || phase === 'Failed')
      return world.cluster.logs.read(metadata.uid!, name) ?? '';
    await sleep(25);
  }
  throw new Error('the pod did not end');
}

const TOKEN =
  'T=$(curl -s -m 3 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)';
const CREDENTIALS = 'http://169.254.169.254/latest/meta-data/iam/security-credentials/';
const LISTING = `${TOKEN}; curl -sS -m 3 -w ' %{http_code}' -H "X-aws-ec2-metadata-token: $T" ${CREDENTIALS}`;

describe('before the proxy is installed', () => {
  it("any pod gets its node's role, and the demo would say so", async () => {
    assert.equal(await runPod(LISTING, {}), 'node 200\n');
    assert.throws(
      () => facts.neverLeaked(world),
      /expected no pod to get the credentials of its node; found 127\./,
    );
    for (const { imds } of world.nodes) imds.requests.length = 0;
    assert.throws(() => facts.neverLeaked(world), {
      message: 'expected the daemons to get the credentials of their node; found no request',
    });
  });
});

describe('once it is installed', () => {
  before(async () => {
    const words = [...installWords(world.aws.url), '--no-smoke', '--container-credentials'];
    const install = startPodIam(words, world.environment);
    assert.equal(await install.ended, 0, install.output());
  });

  const whoAmI = (): string => {
    const sdk = fileURLToPath(
      new URL('../../node_modules/@aws-sdk/client-sts/dist-cjs/index.js', import.meta.url),
    );
    return `AWS_REGION=eu-central-1 AWS_ENDPOINT_URL=${world.aws.url} node -e "
      const { STSClient, GetCallerIdentityCommand } = require('${sdk}');
      new STSClient({}).send(new GetCallerIdentityCommand({})).then((who) => console.log(who.Arn), (e) => console.log(e.name));
    "`;
  };

  it('an AWS SDK in a pod gets the role of its annotation, by its default chain', async () => {
    const script = whoAmI();
    const [blue, red, none] = await Promise.all([
      runPod(script, { role: 'blue', image: 'node:22-slim' }),
      runPod(script, { role: 'red', image: 'node:22-slim' }),
      runPod(script, { image: 'node:22-slim' }),
    ]);
    assert.match(blue!, /^arn:aws:sts::210987654321:assumed-role\/blue\/shop\.test-\w+\n$/);
    assert.match(red!, /^arn:aws:sts::210987654321:assumed-role\/red\/shop\.test-\w+\n$/);
    assert.equal(none, 'CredentialsProviderError\n');
  });

  it('an AWS SDK in the pod of the container credentials page is known by its token, also on its node’s network', async () => {
    const run = (name: string, role: string, spec: object = {}) =>
      ended(
        containerCredentialsPod({
          ...{ name, namespace: 'shop', role, image: 'node:22-slim', spec },
          command: ['sh', '-c', `export AWS_EC2_METADATA_DISABLED=true; ${whoAmI()}`],
        }),
      );
    const [blue, onHost] = await Promise.all([
      run('by-token', 'blue'),
      run('by-token-on-host', 'red', { hostNetwork: true }),
    ]);
    assert.equal(blue, 'arn:aws:sts::210987654321:assumed-role/blue/shop.by-token\n');
    assert.equal(onHost, 'arn:aws:sts::210987654321:assumed-role/red/shop.by-token-on-host\n');
  });

  describe('verify, for pods that ask by their token', () => {
    const audience = (pod: SnippetPod, value: string): SnippetPod =>
      JSON.parse(JSON.stringify(pod).replace('"audience":"pod-iam.dev"', `"audience":"${value}"`));
    interface Verified {
      code: number | null;
      report: Report;
      output: string;
    }
    const verify = async (name: string): Promise<Verified> => {
      const file = join(world.folder, `${name}.json`);
      const words = ['verify', `Pod/${name}`, '-n', 'shop', '-o', `json=${file}`];
      const run = startPodIam(words, world.environment);
      const code = await run.ended;
      return { code, report: JSON.parse(readFileSync(file, 'utf8')), output: run.output() };
    };
    /** All at once, for the sake of time. */
    const runs = new Map<string, Promise<Verified>>();
    const verified = (name: string): Promise<Verified> => runs.get(name)!;
    const askers = {
      'asks-well': {},
      'asks-on-host': { hostNetwork: true },
      'asks-another': {},
    };
    before(() => {
      for (const [name, spec] of Object.entries(askers)) {
        const pod = containerCredentialsPod({
          ...{ name, namespace: 'shop', role: 'blue', image: 'curl:1', spec },
          command: ['sleep', '600'],
        });
        world.cluster.system.create('pods', name === 'asks-another' ? audience(pod, 'elsewhere') : pod);
        runs.set(name, verify(name));
      }
    });
    after(() => {
      for (const name of Object.keys(askers)) world.cluster.system.remove('pods', 'shop', name);
    });

    const told = ({ results }: Report, code: string) =>
      results.filter((one) => one.code === code && one.subject.kind === 'Pod').map(({ status }) => status);

    it('asks that way, from a pod with the same account, annotation and kind of token', async () => {
      const { code, report, output } = await verified('asks-well');
      assert.equal(code, 0, output);
      const [proof] = report.workloads!;
      assert.deepEqual([proof!.via, proof!.ok], ['container', true]);
      assert.match(proof!.provenArn!, /^arn:aws:sts::210987654321:assumed-role\/blue\/shop\.pod-iam-probe-/);
      for (const decided of ['ID008', 'ID009', 'ID010', 'LK002', 'LK013'])
        assert.deepEqual([decided, ...told(report, decided)], [decided, 'pass']);
      const refusals = report.results.find((one) => one.code === 'LK013');
      assert.equal(refusals!.observed, 'no-token 400, forged-token 401, other-audience 401');
    });

    it("proves one on its node's network, which no address can tell apart", async () => {
      const { code, report, output } = await verified('asks-on-host');
      assert.equal(code, 0, output);
      assert.deepEqual([report.workloads![0]!.via, report.workloads![0]!.ok], ['container', true]);
      assert.match(
        output,
        /shop\/Pod\/asks-on-host: the network of its node; proven by its token from a pod/,
      );
    });

    it('fails for a token of another audience, though the metadata address would give the role', async () => {
      const { code, report } = await verified('asks-another');
      assert.equal(code, 1);
      assert.deepEqual([report.workloads![0]!.via, report.workloads![0]!.ok], ['none', false]);
      const failed = report.results.find((one) => one.code === 'ID010');
      assert.match(
        failed!.observed,
        /^the container credentials at http:\/\/169\.254\.170\.23\/v1\/credentials: 401 in \d+ ms, saying: the service account token is not for the audience pod-iam\.dev$/,
      );
      assert.equal(failed!.fix!.text, 'project the token for the audience pod-iam.dev; it is for elsewhere');
    });
  });

  it("a pod whose daemon has died gets a refusal, never its node's role", async () => {
    const { hostIp } = world.nodes[0]!;
    const ready = await runPod(LISTING, { role: 'blue', node: 'node-1' });
    assert.equal(ready, 'blue 200\n');
    const pid = daemonOn(hostIp);
    process.kill(pid, 'SIGKILL');
    const refused = await runPod(`curl -sS -m 1 ${CREDENTIALS} 2>&1`, { role: 'blue', node: 'node-1' });
    assert.match(refused, /^curl: \(7\) Failed to connect to 169\.254\.169\.254 port 80 /);
    for (
      let i = 0;
      i < 100 && (await runPod(LISTING, { role: 'blue', node: 'node-1' })) !== 'blue 200\n';
      i++
    );
    assert.notEqual(daemonOn(hostIp), pid);
    facts.neverLeaked(world);
  });

  it('the demo finds out what is not as it says', () => {
    assert.throws(() => facts.provenBySts(world, ['blue', 'amber']), {
      message: 'expected a call to STS as role amber; found none',
    });
    const [amber, nodeRole] = ['amber', facts.roleArn('node')];
    assert.throws(
      () => facts.repaired(world, { role: amber, nodeRole, kept: facts.roleArn('node-2024') }),
      /expected arn:aws:iam::210987654321:role\/node in the trust policy; found /,
    );
    assert.throws(() => facts.nothingLeft(world), {
      message: 'expected no rule on node-1; found inet pod_iam',
    });
    const proof = (name: string, ok: boolean): object => ({ workload: `shop/Deployment/${name}`, ok });
    const report = { workloads: [proof('blue', true), proof('red', false)] } as unknown as Report;
    assert.throws(() => facts.workloads(report, { right: ['blue', 'red'], broken: [] }), {
      message: 'expected proven: blue, red; found blue',
    });
    assert.throws(() => facts.diagnosed({ results: [] } as unknown as Report, { role: amber, nodeRole }), {
      message: 'expected one failure: TP018 amber; found none',
    });
    const failing = (patch: string): Report =>
      ({
        results: [{ status: 'fail', code: 'TP018', subject: { name: amber }, fix: { patch } }],
      }) as unknown as Report;
    const { trustPolicy } = world.aws.state.roles.find(({ name }) => name === amber)!;
    assert.throws(() => facts.diagnosed(failing('none'), { role: amber, nodeRole }), {
      message: 'expected a corrected trust policy; found none that can be read',
    });
    assert.throws(
      () => facts.diagnosed(failing(trustPolicy), { role: amber, nodeRole }),
      /expected a corrected trust policy that lets the nodes in; found /,
    );
  });
});

/** The process of the daemon on a node. */
function daemonOn(hostIp: string): number {
  const pid = findProcess(`${world.folder}/nodes/${hostIp}/`, '--redirect=required');
  // A signal to process 0 would reach this very test and all beside it.
  assert.ok(pid, `no daemon runs on ${hostIp}`);
  return pid;
}
