// How the daemon finds the API server and is let in.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseDaemonFlags } from '../../../src/model/daemon-flags.ts';
import { readSettings } from '../../../src/proxy/settings.ts';
import { apiConnection } from '../../../src/proxy/who/api-connection.ts';

describe('the connection to the API server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const connect = (argv: string[], environment: Record<string, string> = {}) =>
    apiConnection(readSettings(parseDaemonFlags(argv), { POD_IAM_API_DIR: folder, ...environment }));

  test('of a pod is that of its environment, with a token read anew each time', () => {
    file('token', 'first\n');
    file('ca.crt', 'CA');
    const { server, credentials } = connect([], {
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
    });
    assert.equal(server, 'https://10.96.0.1:6443');
    assert.deepEqual(credentials(), { token: 'first', ca: 'CA' });
    file('token', 'rotated\n');
    assert.equal(credentials().token, 'rotated');
    assert.equal(connect([], { KUBERNETES_SERVICE_HOST: 'fd00::1' }).server, 'https://[fd00::1]:443');
  });

  test('follows --api-server with --api-token', () => {
    const { server, insecure, credentials } = connect([
      '--api-server=https://api.example:6443/',
      '--api-token=secret',
      '--insecure',
    ]);
    assert.deepEqual([server, insecure, credentials().token], ['https://api.example:6443', true, 'secret']);
  });

  test('follows a kubeconfig, which wins over --api-server', () => {
    const config = file(
      'config',
      `current-context: here
contexts: [{name: here, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://cluster.example', certificate-authority: ca.crt}}]
users: [{name: u, user: {client-certificate-data: ${btoa('CERT')}, client-key-data: ${btoa('KEY')}}}]
`,
    );
    const { server, credentials } = connect([`--kubeconfig=${config}`, '--api-server=http://other']);
    assert.equal(server, 'https://cluster.example');
    assert.deepEqual(credentials(), { token: null, ca: 'CA', cert: 'CERT', key: 'KEY' });
  });

  test('names what is wrong with a kubeconfig', () => {
    const use = (text: string) => () => connect([`--kubeconfig=${file('bad', text)}`]);
    assert.throws(use('a: [b'), { code: 'BAD_KUBECONFIG', exitCode: 2 });
    assert.throws(use('contexts: []'), { why: 'it has no current context' });
    assert.throws(
      use(
        'current-context: h\ncontexts: [{name: h, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "https://x"}}]\nusers: [{name: u, user: {exec: {command: aws}}}]',
      ),
      { why: 'its user gets credentials from a program; the daemon needs a token or a client certificate' },
    );
    assert.throws(
      use(
        'current-context: h\ncontexts: [{name: h, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "https://x"}}]\nusers: [{name: u, user: {username: a, password: b}}]',
      ),
      {
        why: 'its user has a password, which API servers no longer take; the daemon needs a token or a client certificate',
      },
    );
    assert.throws(() => connect(['--kubeconfig=/nowhere/config']), { code: 'BAD_KUBECONFIG' });
  });
});
