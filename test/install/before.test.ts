import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planInstall } from '../../src/install/install.ts';
import { planUninstall } from '../../src/install/uninstall.ts';
import { defaultValues } from '../../src/manifests/values.ts';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { refusal, useCluster } from '../cluster/helpers.ts';
import { SILENT } from '../helpers/silent.ts';

import { first } from './parts.ts';

describe('before installing', () => {
  const test = useCluster();

  it('every missing permission is named at once, and nothing is tried', async () => {
    const kube = await test.kubeAs('dev', [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['patch', 'create'] },
    ]);
    const problem = await refusal(planInstall(kube, defaultValues('1.0.0'), first, SILENT));
    assert.equal(problem.code, 'FORBIDDEN');
    assert.equal(problem.message, 'context emulated may not do all that this needs');
    assert.match(problem.why ?? '', /patch daemonsets\.apps in pod-iam, create daemonsets\.apps in pod-iam/);
    assert.doesNotMatch(problem.why ?? '', /configmaps/);
  });

  it('other credential proxies are found by name and by image', async () => {
    for (const [name, image] of [
      ['kiam-agent', 'quay.io/uswitch/kiam:v4.2'],
      ['metadata', 'jtblin/kube2iam:0.11.1'],
      ['kube-proxy', 'kube-proxy'],
    ]) {
      test.cluster.system.create('daemonsets.apps', {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: name!, namespace: 'kube-system' },
        spec: {
          selector: { matchLabels: { a: name } },
          template: { metadata: { labels: { a: name! } }, spec: { containers: [{ name: 'a', image }] } },
        },
      });
    }
    const { otherProxies } = await planInstall(test.kube, defaultValues('1.0.0'), first, SILENT);
    assert.deepEqual(otherProxies, [
      { product: 'kiam', daemonSet: 'kube-system/kiam-agent' },
      { product: 'kube2iam', daemonSet: 'kube-system/metadata' },
    ]);
  });

  it('the address of the container credentials is not taken from the EKS Pod Identity agent', async () => {
    const daemon = parseDaemonFlags(['--container-credentials']);
    const values = { ...defaultValues('1.0.0'), daemon };
    await planInstall(test.kube, values, first, SILENT);
    const template = (image: string) => ({
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'agent', image }] },
    });
    test.cluster.system.create('daemonsets.apps', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'kube-system' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: template('eks/eks-pod-identity-agent:0.1.37'),
      },
    });
    const { code, message, next } = await refusal(planInstall(test.kube, values, first, SILENT));
    assert.deepEqual(
      [code, message, next],
      [
        'ADDRESS_TAKEN',
        '--container-credentials is not possible beside the EKS Pod Identity agent (DaemonSet kube-system/agent)',
        'install without --container-credentials, or remove the add-on eks-pod-identity-agent first',
      ],
    );
    await planInstall(test.kube, defaultValues('1.0.0'), first, SILENT);
    test.cluster.system.remove('daemonsets.apps', 'kube-system', 'agent');
  });

  it('a Secret that is not there is asked for, with the command that makes it', async () => {
    const values = { ...defaultValues('1.0.0'), awsSecret: 'keys' };
    const problem = await refusal(planInstall(test.kube, values, first, SILENT));
    assert.equal(problem.code, 'NO_SECRET');
    assert.match(
      problem.next ?? '',
      /kubectl --kubeconfig \S+ --context emulated create secret generic -n pod-iam keys/,
    );
  });

  it('a DaemonSet of the same name that is not ours is left alone', async () => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'taken' },
    });
    test.cluster.system.create('daemonsets.apps', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'pod-iam', namespace: 'taken' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
      },
    });
    const values = { ...defaultValues('1.0.0'), systemNamespace: 'taken' };
    assert.equal((await refusal(planInstall(test.kube, values, first, SILENT))).code, 'NOT_OURS');
    assert.equal((await refusal(planUninstall(test.kube, values, SILENT))).code, 'NOT_OURS');
  });

  it('a namespace that was there before is not taken over', async () => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'theirs' },
    });
    const values = { ...defaultValues('1.0.0'), systemNamespace: 'theirs' };
    const { changes } = await planInstall(test.kube, values, first, SILENT);
    assert.doesNotMatch(changes[0]!.diff, /managed-by/);
    assert.match(changes[0]!.diff, /^\+ +pod-security\.kubernetes\.io\/enforce: privileged$/m);
  });
});
