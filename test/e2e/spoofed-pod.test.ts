// A neighbour's address on a real cluster with a Linux bridge (LK008): a pod with CAP_NET_RAW, which
// containerd gives to each pod that does not drop it, gets nothing from it; without the guard it does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type NodeRoleWorld, startNodeRoleWorld } from './helpers/aws.ts';
import { until } from './helpers/moto.ts';
import {
  createNamespace,
  deleteNamespace,
  NAMESPACE,
  nodeNames,
  restricted,
  rulesOf,
  runToEnd,
} from './helpers/pods.ts';
import { kubectl, podIam } from './helpers/run.ts';
import { settings } from './helpers/settings.ts';

/** CAP_NET_RAW is not for a restricted namespace, but for a plain one. */
const ATTACKERS = `${NAMESPACE}-attackers`;
const SPOOF = readFileSync(new URL('helpers/spoof.py', import.meta.url), 'utf8');
const CREDENTIALS = 'http://169.254.169.254/latest/meta-data/iam/security-credentials/';
let world: NodeRoleWorld;
let node: string;

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

async function startVictim(name: string): Promise<string> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, annotations: { 'iam.amazonaws.com/role': 'blue' } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: settings.curlImage,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', 'sleep 3600 & wait'],
          securityContext: restricted,
        },
      ],
    },
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(pod));
  await kubectl(['-n', NAMESPACE, 'wait', `pod/${name}`, '--for=condition=Ready', '--timeout=180s']);
  return kubectl(['-n', NAMESPACE, 'get', 'pod', name, '-o', 'jsonpath={.status.podIP}']);
}

const asked = (name: string): Promise<string> =>
  kubectl([
    ...['-n', NAMESPACE, 'exec', name, '--', 'sh', '-c'],
    `T=$(curl -sSf -m 4 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) || exit; curl -sS -m 4 -H "X-aws-ec2-metadata-token: $T" ${CREDENTIALS}`,
  ]);

/**
 * The claim has turned the node's neighbour table against the owner, on any bridge and with any guard;
 * the kernel finds out by itself, by probing for some 8 s after the first packet that goes astray.
 */
const recovers = (name: string): Promise<void> =>
  until(async () => (await asked(name)) === 'blue', 120_000, `${name} to be served again`);

/** What a neighbour gets that speaks from this address. */
const stolen = async (name: string, address: string): Promise<unknown> =>
  JSON.parse(
    await runToEnd({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: ATTACKERS },
      spec: {
        nodeName: node,
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: settings.sdkImage,
            imagePullPolicy: 'IfNotPresent',
            command: ['python3', '-c', SPOOF, address],
            securityContext: { runAsUser: 0, capabilities: { drop: ['ALL'], add: ['NET_RAW'] } },
          },
        ],
      },
    }),
  );

/** The node does not believe each claim at once; an attacker would try again as well. */
async function succeeds(name: string, address: string): Promise<void> {
  const all = { token: true, role: 'blue', credentials: true };
  for (let tries = 1; ; tries++) {
    const got = await stolen(`${name}-${tries}`, address);
    if (isDeepStrictEqual(got, all)) return;
    if (tries === 5) assert.deepEqual(got, all);
  }
}

/** It counts as tried only once the guard has stopped something of it. */
async function failsAlways(name: string, address: string): Promise<void> {
  const before = await stopped();
  for (let tries = 1; ; tries++) {
    const nothing = { token: false, role: null, credentials: false };
    assert.deepEqual(await stolen(`${name}-${tries}`, address), nothing);
    if ((await stopped()) > before) return;
    assert.ok(tries < 5, 'the attack was not even tried');
  }
}

/** Packets that the guard of the node has dropped so far. */
async function stopped(): Promise<number> {
  const guard = /^table bridge pod_iam [\s\S]*?^}/m.exec(await rulesOf(node))![0];
  const counts = [...guard.matchAll(/counter packets (\d+) bytes \d+ drop/g)].map(([, count]) =>
    Number(count),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

describe("a neighbour's address on a real cluster", { timeout: 1_200_000 }, () => {
  before(async () => {
    world = await startNodeRoleWorld();
    [node = ''] = await nodeNames();
    await createNamespace();
    await kubectl(['create', 'namespace', ATTACKERS]);
  });
  after(async () => {
    await podIam(['uninstall', '--yes'], world.environment);
    await kubectl(['delete', 'namespace', ATTACKERS, '--ignore-not-found', '--wait']);
    await deleteNamespace();
    await world.close();
  });

  it('is worth its role without the guard: the attack is a real one', async () => {
    await install('--anti-spoof=off');
    const address = await startVictim('victim');
    assert.equal(await asked('victim'), 'blue');
    await succeeds('without', address);
    assert.doesNotMatch(await rulesOf(node), /table bridge/);
  });

  it('is worth nothing with it, also of pods that were there before, and its owner goes on', async () => {
    await install('--anti-spoof=required');
    assert.match(await rulesOf(node), /table bridge pod_iam/);
    const address = await kubectl([
      '-n',
      NAMESPACE,
      'get',
      'pod',
      'victim',
      '-o',
      'jsonpath={.status.podIP}',
    ]);
    await recovers('victim');
    await failsAlways('with', address);
    await recovers('victim');
  });

  it('is worth nothing of a pod that came later', async () => {
    const address = await startVictim('newcomer');
    assert.equal(await asked('newcomer'), 'blue');
    await failsAlways('later', address);
    await recovers('newcomer');
  });

  it('leaves no guard behind on uninstall', async () => {
    const ended = await podIam(['uninstall', '--yes'], world.environment);
    assert.equal(ended.code, 0, ended.stderr);
    assert.doesNotMatch(await rulesOf(node), /pod_iam/);
  });
});
