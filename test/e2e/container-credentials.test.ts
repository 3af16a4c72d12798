// The container credentials on a real cluster: the pod of the documentation with a real SDK, and tokens
// of a real API server that must get nothing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Report } from '../../src/model/finding.ts';
import { type Changes, containerCredentialsPod } from '../helpers/doc-snippet.ts';
import { ACCOUNT, type NodeRoleWorld, startNodeRoleWorld } from './helpers/aws.ts';
import { until } from './helpers/moto.ts';
import {
  createNamespace,
  deleteNamespace,
  NAMESPACE,
  nodeNames,
  restricted,
  rulesOf,
  runInPod,
  runToEnd,
} from './helpers/pods.ts';
import { kubectl, podIam } from './helpers/run.ts';
import { settings } from './helpers/settings.ts';

const AUDIENCE = 'pod-iam.dev';
/** hostNetwork is not for a restricted namespace. */
const HOST_NAMESPACE = `${NAMESPACE}-host`;
let world: NodeRoleWorld;
let nodes: string[];

const install = async (...flags: string[]): Promise<void> => {
  const ended = await podIam(
    [
      ...['install', '--yes', '--no-smoke', '--image', settings.nodeImage],
      ...['--base-role-arn', world.roleArn(''), '--sts-endpoint', world.aws.url, '--region', 'us-east-1'],
      ...['--metadata-addr', world.metadataAddress, ...flags, ...settings.installFlags],
    ],
    world.environment,
  );
  assert.equal(ended.code, 0, ended.stderr + ended.stdout);
};

const session = (role: string, pod: string, namespace = NAMESPACE): string =>
  `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${`${namespace}.${pod}`.slice(0, 64)}`;

describe('container credentials on a real cluster', { timeout: 1_200_000 }, () => {
  before(async () => {
    world = await startNodeRoleWorld();
    nodes = await nodeNames();
    await createNamespace();
    await kubectl(['create', 'namespace', HOST_NAMESPACE]);
    await install('--container-credentials');
  });

  after(async () => {
    await podIam(['uninstall', '--yes'], world.environment);
    await kubectl(['delete', 'namespace', HOST_NAMESPACE, '--ignore-not-found', '--wait']);
    await deleteNamespace();
    await world.close();
  });

  const withSdk = async (changes: Omit<Changes, 'image' | 'command'>): Promise<unknown> =>
    JSON.parse(
      await runToEnd(
        containerCredentialsPod({
          ...changes,
          image: settings.sdkImage,
          command: ['python3', '-c', SDK_SCRIPT(world.aws.url)],
          container: { securityContext: restricted },
        }),
      ),
    );

  it("boto3 in the page's pod gets exactly its role, by its token, on every node", async () => {
    for (const nodeName of nodes) {
      for (const role of ['blue', 'red']) {
        const name = `${role}-on-${nodeName}`;
        const seen = await withSdk({ name, namespace: NAMESPACE, role, spec: { nodeName } });
        assert.deepEqual(seen, { by: 'container-role', account: ACCOUNT, arn: session(role, name) });
      }
    }
  });

  it("a pod on its node's network gets its role too, and the node's own nowhere but at its own address", async () => {
    for (const nodeName of nodes) {
      const name = `host-${nodeName}`;
      const spec = { nodeName, hostNetwork: true };
      const seen = await withSdk({ name, namespace: HOST_NAMESPACE, role: 'red', spec });
      assert.deepEqual(seen, {
        by: 'container-role',
        account: ACCOUNT,
        arn: session('red', name, HOST_NAMESPACE),
      });
    }
  });

  it('refuses the tokens of other nodes, other audiences, no pod, a deleted pod, and forged ones', async () => {
    const [here, there] = [nodes[0]!, nodes.at(-1)!];
    assert.notEqual(here, there, 'the cluster has one node only');
    const holder = async (name: string, nodeName: string): Promise<string> => {
      const pod = containerCredentialsPod({
        ...{ name, namespace: NAMESPACE, role: 'blue', image: settings.curlImage },
        command: ['sh', '-c', 'sleep 600 & wait'],
        container: { securityContext: restricted },
        spec: { nodeName, terminationGracePeriodSeconds: 1 },
      });
      await kubectl(['apply', '-f', '-'], JSON.stringify(pod));
      await kubectl(['-n', NAMESPACE, 'wait', `pod/${name}`, '--for=condition=Ready', '--timeout=180s']);
      return kubectl(['-n', NAMESPACE, 'exec', name, '--', 'cat', '/var/run/secrets/pod-iam.dev/token']);
    };
    const create = async (...words: string[]): Promise<string> =>
      (await kubectl(['-n', NAMESPACE, 'create', 'token', 'default', ...words])).trim();
    const [own, foreign, gone] = await Promise.all([
      holder('holder', here),
      holder('foreign', there),
      holder('gone', here),
    ]);
    const uid = await kubectl(['-n', NAMESPACE, 'get', 'pod', 'holder', '-o', 'jsonpath={.metadata.uid}']);
    const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', 'holder', '--bound-object-uid', uid];
    const claims = own.split('.')[1]!;
    const tokens = {
      own,
      bound: await create('--audience', AUDIENCE, ...bound),
      audience: await create('--audience', 'pods.eks.amazonaws.com', ...bound),
      api: await create(...bound),
      unbound: await create('--audience', AUDIENCE),
      foreign,
      forged: own.replace(/[^.]*$/, foreign.split('.')[2]!),
      spliced: gone.replace(/\.[^.]*\./, `.${claims}.`),
      gone,
      bearer: `Bearer ${own}`,
      empty: '',
    };
    const asked = runInPod('asker', {
      image: settings.curlImage,
      // The pod stays until the kubelet has surely reported whose address this is, for the event.
      command: ['sh', '-c', `${ASK_SCRIPT(tokens)}\nsleep 8`],
      node: here,
    });
    assert.deepEqual((await asked).trim().split('\n'), [
      'own 200',
      'bound 200',
      'audience 401',
      'api 401',
      'unbound 403',
      'foreign 403',
      'forged 401',
      'spliced 401',
      'gone 200',
      'bearer 400',
      'empty 400',
      'host 403',
      'path 404',
      'post 405',
    ]);
    // The API server remembers for ten seconds that this one was good, the daemon for a minute, which does not
    // need to ask: the pod is gone.
    await kubectl(['-n', NAMESPACE, 'delete', 'pod', 'gone', '--now', '--wait']);
    const after = await runInPod('asker-after', {
      image: settings.curlImage,
      command: ['sh', '-c', ASK_SCRIPT({ own, gone })],
      node: here,
    });
    assert.match(after, /^own 200\ngone 40[13]\n/);
    const line = '{range .items[*]}{.involvedObject.name} {.reason} {.message}{"\\n"}{end}';
    let events = '';
    const refusal =
      /^asker TokenRefused no container credentials: the service account token is not for the audience pod-iam\.dev \(ID010; pod-iam explain ID010\)$/m;
    await until(
      async () => {
        events = await kubectl(['-n', NAMESPACE, 'get', 'events', '-o', `jsonpath=${line}`]);
        return refusal.test(events);
      },
      60_000,
      'the event of the refusal',
    ).catch(() => {});
    assert.match(events, refusal);
    assert.ok(!events.includes(claims.slice(0, 60)), 'an event holds a token');
  });

  it('verify asks that way, proves the role, and that no other token will do', async () => {
    const asker = (name: string, namespace: string, role: string, spec: object) =>
      containerCredentialsPod({
        ...{ name, namespace, role, image: settings.curlImage, spec },
        command: ['sh', '-c', 'sleep 600 & wait'],
        container: { securityContext: restricted },
      });
    const quick = { terminationGracePeriodSeconds: 1 };
    const pods = [
      asker('asks-well', NAMESPACE, 'blue', quick),
      JSON.parse(
        JSON.stringify(asker('asks-another', NAMESPACE, 'blue', quick)).replace(
          `"audience":"${AUDIENCE}"`,
          '"audience":"pods.eks.amazonaws.com"',
        ),
      ),
      asker('asks-on-host', HOST_NAMESPACE, 'red', { ...quick, hostNetwork: true }),
    ];
    for (const pod of pods) await kubectl(['apply', '-f', '-'], JSON.stringify(pod));
    const verify = async (name: string, namespace = NAMESPACE) => {
      await kubectl(['-n', namespace, 'wait', `pod/${name}`, '--for=condition=Ready', '--timeout=180s']);
      const words = ['verify', `Pod/${name}`, '-n', namespace, '--probe-image', settings.curlImage, '--json'];
      const { code, stdout, stderr } = await podIam(words, world.environment);
      const report = JSON.parse(stdout) as Report;
      const [proof] = report.workloads!;
      const of = (check: string) => report.results.find((result) => result.code === check);
      return {
        code,
        proof: [proof!.via, proof!.ok, proof!.provenArn?.split('/')[1]],
        of,
        text: stderr + stdout,
      };
    };
    for (const [name, namespace, role] of [
      ['asks-well', NAMESPACE, 'blue'],
      ['asks-on-host', HOST_NAMESPACE, 'red'],
    ] as const) {
      const { code, proof, of, text } = await verify(name, namespace);
      assert.deepEqual([code, proof], [0, ['container', true, role]], text);
      assert.equal(of('LK013')!.observed, 'no-token 400, forged-token 401, other-audience 401');
      assert.doesNotMatch(text, /eyJ/);
    }
    const another = await verify('asks-another');
    assert.deepEqual([another.code, another.proof], [1, ['none', false, undefined]]);
    assert.match(
      another.of('ID010')!.observed,
      /: 401 in \d+ ms, saying: the service account token is not for the/,
    );
    const left = await kubectl(['get', 'pods', '-A', '-l', 'pod-iam.dev/run', '-o', 'name']);
    assert.equal(left, '');
    await kubectl(['-n', NAMESPACE, 'delete', 'pod', 'asks-well', 'asks-another', '--wait']);
    await kubectl(['-n', HOST_NAMESPACE, 'delete', 'pod', 'asks-on-host', '--wait']);
  });

  it('is not there when it is off: no answer, no rule, no right', async () => {
    await install();
    for (const node of nodes) {
      assert.doesNotMatch(await rulesOf(node), /169\.254\.170\.23|fd00:ec2::23/);
      const output = await runInPod(`off-${node}`, {
        image: settings.curlImage,
        command: ['sh', '-c', ASK_SCRIPT({ none: 'a.b.c' }, 2)],
        node,
      });
      assert.equal(output, 'none 000\nhost 403\npath 000\npost 000\n');
    }
    const rules = await kubectl(['get', 'clusterrole', 'pod-iam', '-o', 'jsonpath={.rules}']);
    assert.doesNotMatch(rules, /tokenreviews/);
  });
});

const SDK_SCRIPT = (endpoint: string): string => `
import json, boto3
credentials = boto3.Session().get_credentials()
who = boto3.client('sts', endpoint_url='${endpoint}', region_name='us-east-1').get_caller_identity()
print(json.dumps({'by': credentials.method, 'account': who['Account'], 'arn': who['Arn']}))
`;

/** A line per token with the status it gets; then what else must be refused. `host` asks the metadata address. */
const ASK_SCRIPT = (tokens: Record<string, string>, patienceSeconds = 20): string => `
ask() { name=$1; shift; echo "$name $(curl -s -m ${patienceSeconds} -o /dev/null -w '%{http_code}' "$@")"; }
url=http://169.254.170.23/v1/credentials
${Object.entries(tokens)
  .map(([name, token]) => `ask ${name} -H 'Authorization: ${token}' $url`)
  .join('\n')}
ask host -H 'Host: 169.254.170.23.evil.example' http://169.254.169.254/v1/credentials
ask path http://169.254.170.23/latest/meta-data/iam/security-credentials/
ask post -X POST $url
`;
