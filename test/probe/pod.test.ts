import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlannedProbe } from '../../src/probe/plan.ts';
import { DEFAULT_PROBE_IMAGE, probePod, runConfigMap } from '../../src/probe/pod.ts';

const probe: PlannedProbe = {
  id: 'p1',
  kind: 'identity',
  workload: 'apps/Deployment/blue',
  namespace: 'apps',
  node: 'node-1',
  serviceAccount: 'web',
  annotations: { 'iam.amazonaws.com/role': 'blue' },
  tolerations: [],
  expectedRole: 'arn:aws:iam::111122223333:role/blue',
  otherRole: 'red',
  sources: ['imds'],
  container: null,
};
const options = {
  runId: 'abcd1234',
  image: 'curl:1',
  stsEndpoint: 'https://sts.eu-west-1.amazonaws.com',
  region: 'eu-west-1',
};
const pod = probePod(probe, options, 'uid-1');
// biome-ignore lint/suspicious/noExplicitAny: the shape under test is the assertion itself
const spec = pod.spec as any;
const [container] = spec.containers;

describe('a diagnostic pod', () => {
  it('meets the restricted Pod Security standard', () => {
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.securityContext.runAsUser, 65532);
    assert.deepEqual(spec.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.deepEqual(spec.volumes, [{ name: 'tmp', emptyDir: { sizeLimit: '8Mi' } }]);
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) assert.equal(spec[field], undefined);
  });

  it('fits a namespace with quotas: every request and limit is set', () => {
    for (const kind of ['requests', 'limits'])
      assert.deepEqual(Object.keys(container.resources[kind]), ['cpu', 'memory', 'ephemeral-storage']);
  });

  it('ends by itself, holds no API token, and is pinned by affinity', () => {
    assert.equal(spec.restartPolicy, 'Never');
    assert.ok(spec.activeDeadlineSeconds > 0);
    assert.equal(spec.automountServiceAccountToken, false);
    assert.equal(spec.nodeName, undefined);
    const [term] =
      spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    assert.deepEqual(term.matchFields, [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }]);
    const anywhere = probePod({ ...probe, node: null }, options, 'uid-1').spec as { affinity?: object };
    assert.equal(anywhere.affinity, undefined);
  });

  it("is owned by its run's ConfigMap, so that nothing adopts it", () => {
    assert.deepEqual(pod.metadata.ownerReferences, [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'pod-iam-run-abcd1234', uid: 'uid-1', controller: true },
    ]);
    const owner = runConfigMap('abcd1234', 'apps');
    assert.equal(owner.metadata.name, 'pod-iam-run-abcd1234');
    assert.equal(owner.metadata.labels?.['pod-iam.dev/run'], 'abcd1234');
    assert.equal(probePod(probe, options, null).metadata.ownerReferences, undefined);
  });

  it('carries the labels of the run and none of the workload', () => {
    assert.deepEqual(pod.metadata.labels, {
      'app.kubernetes.io/name': 'pod-iam-probe',
      'app.kubernetes.io/managed-by': 'pod-iam',
      'pod-iam.dev/run': 'abcd1234',
      'pod-iam.dev/probe': 'identity',
    });
    assert.deepEqual(pod.metadata.annotations, { 'iam.amazonaws.com/role': 'blue' });
  });

  it("has the workload's own token where that asks by one, and one for another audience", () => {
    const token = {
      ...{ kind: 'projected' as const, volume: 'v', path: 'token' },
      ...{ audience: 'pod-iam.dev', expirationSeconds: 7200 },
    };
    const url = 'http://169.254.170.23/v1/credentials';
    const asking = probePod(
      { ...probe, sources: ['container'], container: { url, token } },
      options,
      'uid-1',
    );
    // biome-ignore lint/suspicious/noExplicitAny: the shape under test is the assertion itself
    const { volumes, containers, automountServiceAccountToken } = asking.spec as any;
    assert.equal(automountServiceAccountToken, false);
    assert.deepEqual(volumes[1], {
      name: 'tokens',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'own', expirationSeconds: 7200, audience: 'pod-iam.dev' } },
          { serviceAccountToken: { path: 'other', expirationSeconds: 600, audience: 'pod-iam.dev/nobody' } },
        ],
      },
    });
    assert.deepEqual(containers[0].volumeMounts[1], {
      name: 'tokens',
      mountPath: '/var/run/secrets/pod-iam.dev/probe',
      readOnly: true,
    });
    const env = Object.fromEntries(
      containers[0].env.map((one: { name: string; value: string }) => [one.name, one.value]),
    );
    assert.deepEqual(
      [env.PROBE_CONTAINER, env.PROBE_CONTAINER_TOKEN, env.PROBE_CONTAINER_OTHER],
      [url, '/var/run/secrets/pod-iam.dev/probe/own', '/var/run/secrets/pod-iam.dev/probe/other'],
    );
    const none = probePod({ ...probe, container: { url, token: { kind: 'none' } } }, options, 'uid-1');
    assert.equal((none.spec as { volumes: unknown[] }).volumes.length, 1);
  });

  it('tells the script all that it needs', () => {
    assert.deepEqual(
      Object.fromEntries(
        container.env.map((entry: { name: string; value: string }) => [entry.name, entry.value]),
      ),
      {
        PROBE_KIND: 'identity',
        PROBE_METADATA: 'http://169.254.169.254',
        PROBE_OWN_ROLE: 'arn:aws:iam::111122223333:role/blue',
        PROBE_OTHER_ROLE: 'red',
        PROBE_STS: 'https://sts.eu-west-1.amazonaws.com/',
        PROBE_REGION: 'eu-west-1',
        PROBE_CONTAINER: '',
        PROBE_CONTAINER_TOKEN: '',
        PROBE_CONTAINER_OTHER: '',
      },
    );
    assert.deepEqual(container.command.slice(0, 2), ['sh', '-c']);
  });

  it('has a default image that is named by digest', () => {
    assert.match(DEFAULT_PROBE_IMAGE, /@sha256:[0-9a-f]{64}$/);
  });
});
