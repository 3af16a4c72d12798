import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectKube } from '../../src/cluster/client.ts';
import { ofProblem, refusal } from './helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-test-'));

function file(name: string, contexts: string[], current?: string): string {
  const path = join(folder, name);
  const config = {
    clusters: contexts.map((context) => ({
      name: context,
      cluster: { server: `https://${name}.${context}` },
    })),
    users: contexts.map((context) => ({ name: context, user: { token: 't' } })),
    contexts: contexts.map((context) => ({
      name: context,
      context: { cluster: context, user: context, namespace: `ns-of-${context}` },
    })),
    ...(current && { 'current-context': current }),
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe('the kubeconfig', () => {
  it('gives its current context, with the namespace', async () => {
    const kubeconfig = file('one', ['prod', 'test'], 'test');
    const { context } = await connectKube({ kubeconfig, env: {} });
    assert.deepEqual(context, {
      name: 'test',
      cluster: 'test',
      server: 'https://one.test',
      namespace: 'ns-of-test',
      kubectl: `kubectl --kubeconfig ${kubeconfig} --context test`,
    });
  });

  it('is merged from all files of KUBECONFIG: the first to name something wins, missing files are passed over', async () => {
    const env = { KUBECONFIG: [file('a', ['x']), '/no/such/file', file('b', ['x', 'y'], 'y')].join(':') };
    assert.equal((await connectKube({ env })).context.server, 'https://b.y');
    assert.equal((await connectKube({ env, context: 'x' })).context.server, 'https://a.x');
  });

  it('is found at home', async () => {
    const home = mkdtempSync(join(tmpdir(), 'pod-iam-home-'));
    mkdirSync(join(home, '.kube'));
    writeFileSync(
      join(home, '.kube', 'config'),
      JSON.stringify({
        clusters: [{ name: 'k', cluster: { server: 'https://home' } }],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
        'current-context': 'c',
      }),
    );
    const { context } = await connectKube({ env: { HOME: home }, namespace: 'shop' });
    assert.deepEqual(context, {
      name: 'c',
      cluster: 'k',
      server: 'https://home',
      namespace: 'shop',
      kubectl: 'kubectl --context c',
    });
  });

  it('that is not there is said to be missing', async () => {
    assert.deepEqual(ofProblem(await refusal(connectKube({ env: { HOME: '/nowhere' } }))), {
      code: 'NO_KUBECONFIG',
      what: 'no kubeconfig was found, so there is no cluster to talk to',
      why: 'neither --kubeconfig nor KUBECONFIG is set, and there is no ~/.kube/config',
      next: 'add --kubeconfig FILE, or on EKS: aws eks update-kubeconfig --name CLUSTER',
    });
    const named = await refusal(connectKube({ env: {}, kubeconfig: '/no/such/file' }));
    assert.equal(named.message, 'there is no kubeconfig file /no/such/file');
    assert.equal(named.exitCode, 2);
  });

  it('without the context that was asked for lists those that it has, and guesses', async () => {
    const kubeconfig = file('guess', ['production', 'staging'], 'staging');
    const problem = await refusal(connectKube({ kubeconfig, env: {}, context: 'producton' }));
    assert.deepEqual(ofProblem(problem), {
      code: 'NO_CONTEXT',
      what: `there is no context "producton" in ${kubeconfig}`,
      why: 'it holds the contexts production, staging',
      next: 'did you mean --context production?',
    });
    assert.equal(problem.exitCode, 2);
  });

  it('without a current context asks for one', async () => {
    const problem = await refusal(connectKube({ kubeconfig: file('none', ['only']), env: {} }));
    assert.equal(problem.code, 'NO_CONTEXT');
    assert.equal(problem.next, 'add --context only');
  });

  it('that is no YAML is named', async () => {
    const path = join(folder, 'broken');
    writeFileSync(path, '{ clusters: [');
    const problem = await refusal(connectKube({ kubeconfig: path, env: {} }));
    assert.equal(problem.message, `the kubeconfig file ${path} cannot be read`);
  });
});
