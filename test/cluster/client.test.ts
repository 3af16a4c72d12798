import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectKube } from '../../src/cluster/client.ts';
import type { KubeObject } from '../../src/cluster/kube.ts';
import { ForbiddenProblem } from '../../src/cluster/refusals.ts';
import { ofProblem, refusal, useCluster } from './helpers.ts';

const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' });

describe('the Kubernetes client', () => {
  const test = useCluster();

  it('applies, reads and deletes an object, as the field manager pod-iam', async () => {
    const applied = await test.kube.apply(configMap('one', { a: 'b' }));
    const [manager] = applied.metadata.managedFields as { manager: string; operation: string }[];
    assert.equal(`${manager?.manager} ${manager?.operation}`, 'pod-iam Apply');
    assert.deepEqual((await test.kube.read(ref('one')))?.data, { a: 'b' });
    assert.equal(await test.kube.remove(ref('one')), true);
    assert.equal(await test.kube.remove(ref('one')), false);
    assert.equal(await test.kube.read(ref('one')), null);
  });

  it('changes nothing in a dry run', async () => {
    const tried = await test.kube.apply(configMap('dry', { a: 'b' }), { dryRun: true });
    assert.deepEqual(tried.data, { a: 'b' });
    assert.equal(await test.kube.read(ref('dry')), null);
  });

  it('keeps times as the server wrote them', async () => {
    test.cluster.system.create('configmaps', {
      ...configMap('raw'),
      metadata: { name: 'raw', namespace: 'default' },
    });
    const read = await test.kube.read(ref('raw'));
    assert.match(String(read?.metadata.creationTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('lists all pages, and each object with its kind', async () => {
    for (let i = 0; i < 1203; i++) {
      test.cluster.system.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `page-${i}`, namespace: 'kube-public', labels: { page: 'yes' } },
      });
    }
    const all = await test.kube.list('v1', 'ConfigMap', {
      namespace: 'kube-public',
      labelSelector: 'page=yes',
    });
    assert.equal(new Set(all.map(({ metadata }) => metadata.name)).size, 1203);
    assert.equal(all[0]?.kind, 'ConfigMap');
  });

  it('answers whether something is allowed', async () => {
    const kube = await test.kubeAs('reader', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
    assert.equal(await kube.can({ verb: 'list', group: '', resource: 'pods' }), true);
    assert.equal(await kube.can({ verb: 'delete', group: '', resource: 'pods' }), false);
  });

  it('says which permission is missing, and how to grant it', async () => {
    const kube = await test.kubeAs('nobody', []);
    const problem = await refusal(kube.list('v1', 'Pod'));
    assert.deepEqual(ofProblem(problem), {
      code: 'FORBIDDEN',
      what: 'could not list Pod objects: not allowed',
      why: 'nobody lacks the permission to list pods in the whole cluster',
      next:
        'have an administrator run: kubectl create clusterrole pod-iam-list-pods --verb=list --resource=pods && ' +
        'kubectl create clusterrolebinding pod-iam-list-pods --clusterrole=pod-iam-list-pods --user=nobody',
    });
    assert.equal(problem.exitCode, 3);
    assert.ok(problem instanceof ForbiddenProblem);
    assert.equal(problem.grant.needs, 'list pods in the whole cluster');
  });

  it('grants by its snippet exactly what was missing', async () => {
    const kube = await test.kubeAs('later', []);
    const problem = await refusal(kube.list('apps/v1', 'DaemonSet', { namespace: 'default' }));
    assert.ok(problem instanceof ForbiddenProblem);
    const { parseAllDocuments } = await import('yaml');
    for (const document of parseAllDocuments(problem.grant.snippet)) await test.kube.apply(document.toJS());
    assert.deepEqual(await kube.list('apps/v1', 'DaemonSet', { namespace: 'default' }), []);
  });

  it('does not take a credential that the server refuses for a missing cluster', async () => {
    const kubeconfig = configFor({ url: test.cluster.url, token: 'wrong' });
    const kube = await connectKube({ kubeconfig, env: {} });
    assert.deepEqual(ofProblem(await refusal(kube.version())), {
      code: 'UNAUTHORIZED',
      what: 'the API server of context c does not accept the credentials of user u',
      why: 'they are wrong, expired or were revoked (401 Unauthorized)',
      next: `kubectl --kubeconfig ${kubeconfig} --context c auth whoami`,
    });
  });

  it('names a certificate that does not fit', async () => {
    const kube = await connectKube({
      kubeconfig: configFor({ url: test.cluster.url, token: 'x', insecure: false }),
      env: {},
    });
    const problem = await refusal(kube.version());
    assert.equal(problem.code, 'TLS');
    assert.equal(problem.message, `the cluster of context c at ${test.cluster.url} does not prove who it is`);
  });

  it('names the namespace that is not there', async () => {
    const lost = { ...configMap('x'), metadata: { name: 'x', namespace: 'nowhere' } };
    const problem = await refusal(test.kube.apply(lost));
    const { next } = problem;
    assert.deepEqual(ofProblem(problem), {
      code: 'NOT_FOUND',
      what: 'could not apply ConfigMap nowhere/x',
      why: 'there is no namespace nowhere',
      next,
    });
    assert.match(next, /^kubectl --kubeconfig \S+ --context emulated get namespaces$/);
  });

  it('names the fields that the server finds invalid', async () => {
    const problem = await refusal(
      test.kube.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'x', namespace: 'default' },
        spec: { containers: [] },
      }),
    );
    assert.equal(problem.code, 'INVALID');
    assert.equal(problem.message, 'could not apply Pod default/x: the API server finds it invalid');
    assert.match(problem.why ?? '', /^spec\.containers: Required value/);
  });

  it('names the quota that is in the way', async () => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'full' },
    });
    test.cluster.system.create('resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'full' },
      spec: { hard: { pods: '0' } },
    });
    const problem = await refusal(test.kube.create(pod('full')));
    assert.equal(problem.code, 'QUOTA');
    assert.equal(
      problem.message,
      'could not create Pod full/x: a resource quota of the namespace is in the way',
    );
    assert.match(problem.why ?? '', /^exceeded quota: none/);
  });

  it('says what the restricted profile of a namespace refuses', async () => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    const problem = await refusal(test.kube.create(pod('strict')));
    assert.equal(problem.code, 'ADMISSION');
    assert.match(problem.why ?? '', /^violates PodSecurity "restricted:/);
  });
});

describe('a cluster that cannot be reached', () => {
  it('is named with its context and address when nothing listens there', async () => {
    const url = await closedPort();
    const kubeconfig = configFor({ url });
    const kube = await connectKube({ kubeconfig, env: {} });
    assert.deepEqual(ofProblem(await refusal(kube.list('v1', 'Pod'))), {
      code: 'NO_CLUSTER',
      what: `the cluster of context c at ${url} cannot be reached`,
      why: 'nothing listens there (connection refused)',
      next: `kubectl --kubeconfig ${kubeconfig} --context c cluster-info`,
    });
  });

  it('is named when its host name is not known', async () => {
    const kube = await connectKube({
      kubeconfig: configFor({ url: 'https://no-such-host.invalid' }),
      env: {},
    });
    const problem = await refusal(kube.version());
    assert.equal(problem.code, 'NO_CLUSTER');
    assert.match(problem.why ?? '', /host name/);
  });

  it('is told apart from a credential plugin that is not installed', async () => {
    const kube = await connectKube({
      kubeconfig: configFor({ url: 'https://127.0.0.1:1', exec: 'no-such-plugin' }),
      env: {},
    });
    assert.deepEqual(ofProblem(await refusal(kube.version())), {
      code: 'CREDENTIAL_PLUGIN',
      what: 'the credential plugin "no-such-plugin" of user u is not installed',
      why: 'there is no program "no-such-plugin" on the PATH',
      next: 'install no-such-plugin, then: kubectl auth whoami',
    });
  });

  it('is told apart from another server at its address', async () => {
    const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kube = await connectKube({ kubeconfig: configFor({ url }), env: {} });
    for (const call of [kube.version(), kube.list('v1', 'Pod')]) {
      const problem = await refusal(call);
      assert.equal(problem.message, `what answers at ${url} (context c) is no Kubernetes API server`);
    }
    server.closeAllConnections();
    server.close();
  });

  it('is asked again while it says that it is too busy', async () => {
    let asked = 0;
    const server = createServer((_, answer) => {
      asked += 1;
      answer.writeHead(asked < 3 ? 429 : 200, { 'content-type': 'application/json', 'retry-after': '0.01' });
      answer.end(asked < 3 ? '{}' : JSON.stringify({ gitVersion: 'v1.0.0', major: '1', minor: '0' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kube = await connectKube({ kubeconfig: configFor({ url }), env: {} });
    assert.equal(await kube.version(), 'v1.0.0');
    assert.equal(asked, 3);
    server.closeAllConnections();
    server.close();
  });
});

const pod = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', namespace },
  spec: { containers: [{ name: 'a', image: 'b' }] },
});

/** An address at which nothing listens any more. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `https://127.0.0.1:${port}`;
}

function configFor({
  url,
  token,
  exec,
  insecure = true,
}: {
  url: string;
  token?: string;
  exec?: string;
  insecure?: boolean;
}): string {
  const user = exec
    ? { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: exec, args: [] } }
    : { token: token ?? 'x' };
  const file = join(mkdtempSync(join(tmpdir(), 'pod-iam-test-')), 'config');
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'k', cluster: { server: url, 'insecure-skip-tls-verify': insecure } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      'current-context': 'c',
    }),
  );
  return file;
}
