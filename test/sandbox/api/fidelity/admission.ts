import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createNamespace, eventually, type Subject } from '../fidelity.ts';

export function fidelityOfAdmission(subject: Subject): void {
  describe('admission', () => {
    const restricted = `pod-iam-restricted-${process.pid}`;
    const baseline = `pod-iam-baseline-${process.pid}`;
    const level = (name: string) => ({ 'pod-security.kubernetes.io/enforce': name });
    const pod = (spec: object, container: object = {}): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'main', image: 'busybox:1', ...container }], ...spec },
    });
    const create = (namespace: string, body: object) =>
      subject.wire.call('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, body);

    before(async () => {
      await createNamespace(subject, restricted, level('restricted'));
      await createNamespace(subject, baseline, level('baseline'));
    });
    after(async () => {
      for (const name of [restricted, baseline]) {
        await subject.wire.call('DELETE', `/api/v1/namespaces/${name}`);
      }
    });

    it('says every rule of the restricted profile that a plain pod breaks', async () => {
      const { code, body } = await create(restricted, pod({}));
      assert.equal(code, 403);
      assert.equal(
        body.message,
        'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      );
    });

    it('admits a pod that keeps to the restricted profile', async () => {
      const securityContext = {
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      };
      assert.equal((await create(restricted, pod({}, { securityContext }))).code, 201);
    });

    it('says what a daemon with the node’s network does against the profiles', async () => {
      const daemon = pod(
        { hostNetwork: true, volumes: [{ name: 'state', hostPath: { path: '/run/x' } }] },
        {
          ports: [{ containerPort: 8181 }],
          readinessProbe: { httpGet: { port: 8182, host: '127.0.0.1' } },
          securityContext: { runAsUser: 0, capabilities: { add: ['NET_ADMIN', 'CHOWN'] } },
        },
      );
      const strict = await create(restricted, daemon);
      assert.equal(
        strict.body.message,
        'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), hostPort (container "main" uses hostPort 8181), probe or lifecycle host (container "main" uses probe or lifecycle host "127.0.0.1"), allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]; container "main" must not include "CHOWN", "NET_ADMIN" in securityContext.capabilities.add), restricted volume types (volume "state" uses restricted volume type "hostPath"), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), runAsUser=0 (container "main" must not set runAsUser=0), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      );
      const mild = await create(baseline, daemon);
      assert.equal(
        mild.body.message,
        'pods "p" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true), hostPath volumes (volume "state"), hostPort (container "main" uses hostPort 8181), probe or lifecycle host (container "main" uses probe or lifecycle host "127.0.0.1")',
      );
    });

    it('wants the service account and the priority class to exist', async () => {
      const { namespace } = subject;
      const account = await create(namespace, pod({ serviceAccountName: 'nope' }));
      assert.equal(
        account.body.message,
        `pods "p" is forbidden: error looking up service account ${namespace}/nope: serviceaccount "nope" not found`,
      );
      const priority = await create(namespace, pod({ priorityClassName: 'nope' }));
      assert.equal(priority.body.message, 'pods "p" is forbidden: no PriorityClass with name nope was found');
    });

    it('mounts the token of the service account unless the pod declines', async () => {
      const { namespace } = subject;
      const mounted = await create(namespace, pod({}));
      assert.equal(mounted.body.spec.serviceAccountName, 'default');
      assert.match(mounted.body.spec.volumes[0].name, /^kube-api-access-/);
      assert.equal(
        mounted.body.spec.containers[0].volumeMounts[0].mountPath,
        '/var/run/secrets/kubernetes.io/serviceaccount',
      );
      const declined = await create(namespace, pod({ automountServiceAccountToken: false }));
      assert.equal(declined.body.spec.volumes, undefined);
    });

    it('refuses pods that a quota does not leave room for', async () => {
      const { wire } = subject;
      const hard = { pods: '0', 'requests.cpu': '1' };
      const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'tight' }, spec: { hard } };
      await wire.call('POST', `/api/v1/namespaces/${baseline}/resourcequotas`, quota);
      await eventually(async () => {
        const { body } = await create(baseline, pod({}));
        assert.equal(
          body.message,
          'pods "p" is forbidden: failed quota: tight: must specify requests.cpu for: main',
        );
      });
      const resources = { requests: { cpu: '1500m' } };
      await eventually(async () => {
        const { body } = await create(baseline, pod({}, { resources }));
        assert.equal(
          body.message,
          'pods "p" is forbidden: exceeded quota: tight, requested: pods=1,requests.cpu=1500m, used: pods=0,requests.cpu=0, limited: pods=0,requests.cpu=1',
        );
      });
    });

    it('says what is wrong with a pod’s specification', async () => {
      const cases: [spec: object, container: object, message: string][] = [
        [{}, { image: undefined }, 'Pod "p" is invalid: spec.containers[0].image: Required value'],
        [
          {},
          { volumeMounts: [{ name: 'v', mountPath: '/x' }] },
          'Pod "p" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ],
        [
          { restartPolicy: 'Sometimes' },
          {},
          'Pod "p" is invalid: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        ],
      ];
      const empty = { containers: [] };
      for (const [spec, container, message] of [
        ...cases,
        [empty, {}, 'Pod "p" is invalid: spec.containers: Required value'] as const,
      ]) {
        const { code, body } = await create(subject.namespace, pod(spec, container));
        assert.deepEqual([code, body.message], [422, message]);
      }
    });

    it('wants a workload’s selector to match its template, and to stay', async () => {
      const at = `/apis/apps/v1/namespaces/${subject.namespace}/deployments`;
      const deployment = (label: string) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'fixed' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: label } },
          template: {
            metadata: { labels: { app: 'a' } },
            spec: { containers: [{ name: 'main', image: 'busybox:1' }] },
          },
        },
      });
      const { body } = await subject.wire.call('POST', at, deployment('b'));
      assert.equal(
        body.message,
        'Deployment.apps "fixed" is invalid: spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      );
      assert.equal((await subject.wire.call('POST', at, deployment('a'))).code, 201);
      const patch = {
        spec: { selector: { matchLabels: { more: 'x' } }, template: { metadata: { labels: { more: 'x' } } } },
      };
      const moved = await subject.wire.call('PATCH', `${at}/fixed`, patch, {
        type: 'application/merge-patch+json',
      });
      assert.equal(moved.code, 422);
      assert.match(
        moved.body.message,
        /^Deployment\.apps "fixed" is invalid: spec\.selector: Invalid value: .*: field is immutable$/,
      );
      await subject.wire.call('DELETE', `${at}/fixed`);
    });
  });
}
