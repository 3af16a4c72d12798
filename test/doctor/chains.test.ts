// The chain of a role in an emulated cluster, with an AWS that answers so much only.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Aws } from '../../src/aws/aws.ts';
import { type ChainSources, readChain } from '../../src/doctor/chains.ts';
import { environmentProblem } from '../../src/model/problem.ts';
import type { SimulatedCall } from '../../src/model/snapshot.ts';
import { useCluster } from '../cluster/helpers.ts';
import { onlyAws } from '../helpers/aws.ts';
import { SILENT } from '../helpers/silent.ts';
import { ACCOUNT, NODE_ROLE, role, roleArn } from '../helpers/snapshot.ts';

const blue = roleArn('blue');
const simulated = (more: Partial<SimulatedCall> = {}): SimulatedCall => ({
  ...{ action: 'sts:AssumeRole', resource: blue, decision: 'allowed' },
  ...{ boundaryAllows: null, organisationAllows: null, ...more },
});
const answering = (call: SimulatedCall, more: Partial<Aws> = {}): Aws =>
  onlyAws({
    caller: async () => ({ arn: `arn:aws:iam::${ACCOUNT}:user/me`, account: ACCOUNT }),
    role: async (name) => role(name),
    rolePolicies: async () => [],
    simulate: async () => [call],
    instances: async () => [],
    ...more,
  });

describe('the chain of a live role', () => {
  const test = useCluster();
  before(() => {
    const { system } = test.cluster;
    system.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    for (const [name, value] of [
      ['web', 'blue'],
      ['api', blue],
      ['job', 'red'],
    ] as const)
      system.create('deployments.apps', {
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } },
        spec: {
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name }, annotations: { 'iam.amazonaws.com/role': value } },
            spec: { containers: [{ name: 'a', image: 'b' }] },
          },
        },
      });
    system.create('serviceaccounts', {
      ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
      metadata: { name: 'irsa', namespace: 'shop', annotations: { 'eks.amazonaws.com/role-arn': blue } },
    });
  });

  const read = (aws: Aws, more: Partial<ChainSources> = {}, of = blue) =>
    readChain(of, {
      ...{ kube: test.kube, aws, nodeRoles: [NODE_ROLE], systemNamespace: 'pod-iam', progress: SILENT },
      ...more,
    });
  const named = ['shop/Deployment/api', 'shop/Deployment/web'];

  it('finds who names the role, by ARN or bare name, though no proxy tells the base', async () => {
    const chain = await read(answering(simulated()));
    assert.ok(chain.workloads?.state === 'known');
    assert.deepEqual([...chain.workloads.value].sort(), named);
    assert.deepEqual(chain.serviceAccounts, ['shop/irsa']);
    assert.equal(chain.isServed, false);
    const bare = await read(answering(simulated()), {}, 'blue');
    assert.ok(bare.workloads?.state === 'known');
    assert.deepEqual([...bare.workloads.value].sort(), named);
  });

  it('tells what bars the node from what only does not allow it', async () => {
    const sides: [Partial<SimulatedCall>, string][] = [
      [{}, 'allows'],
      [{ decision: 'implicitDeny' }, 'silent'],
      [{ decision: 'explicitDeny' }, 'barred'],
      [{ decision: 'implicitDeny', boundaryAllows: false }, 'barred'],
      [{ decision: 'implicitDeny', organisationAllows: false }, 'barred'],
    ];
    for (const [call, side] of sides) {
      const fact = (await read(answering(simulated(call)))).ownSides.get(NODE_ROLE);
      assert.equal(fact?.state === 'known' && fact.value, side);
    }
    const denied = environmentProblem({
      code: 'AWS_DENIED',
      what: 'AWS does not allow it',
      next: 'allow it',
    });
    const unread = await read(answering(simulated(), { simulate: () => Promise.reject(denied) }));
    const fact = unread.ownSides.get(NODE_ROLE);
    assert.ok(fact?.state === 'unknown');
    assert.equal(fact.grant?.needs, `iam:SimulatePrincipalPolicy on ${NODE_ROLE}`);
  });

  it('is unknown, with the reason, where there is no cluster', async () => {
    const problem = environmentProblem({
      code: 'NO_CLUSTER',
      what: 'nobody answers',
      next: 'check the network',
    });
    const chain = await read(answering(simulated()), { kube: problem, nodeRoles: [] });
    assert.ok(chain.workloads?.state === 'unknown' && chain.nodeIdentities.state === 'unknown');
    assert.deepEqual([chain.workloads.why, chain.nodeIdentities.why], ['nobody answers', 'nobody answers']);
    assert.equal((await read(answering(simulated()), { kube: null })).workloads, null);
  });
});
