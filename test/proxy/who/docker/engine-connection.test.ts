import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { engineConnection } from '../../../../src/proxy/who/docker/engine-connection.ts';

const to = (host: string, environment = {}) => {
  const { isTls, options } = engineConnection(host, environment);
  return { isTls, ...options() };
};

describe('where the engine is', () => {
  it('is a socket, with two slashes too as docker-py has it', () => {
    for (const host of ['unix:///var/run/docker.sock', 'unix://var/run/docker.sock'])
      assert.deepEqual(to(host), { isTls: false, socketPath: '/var/run/docker.sock' });
  });

  it('is a port, with TLS where it is asked for', () => {
    assert.deepEqual(to('tcp://10.0.0.1:2375'), { isTls: false, host: '10.0.0.1', port: 2375 });
    assert.deepEqual(to('tcp://[fd00::1]'), { isTls: false, host: 'fd00::1', port: 2375 });
    assert.deepEqual(to('https://engine/'), { isTls: true, host: 'engine', port: 2376 });
    assert.equal(to('tcp://h:1', { DOCKER_TLS_VERIFY: '1' }).isTls, true);
  });

  it('is told with the certificates of DOCKER_CERT_PATH', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pod-iam-certs-'));
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), name);
    const { ca, cert, key } = to('tcp://h:1', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }) as {
      [name: string]: unknown;
    };
    assert.deepEqual([ca, cert, key].map(String), ['ca', 'cert', 'key']);
    rmSync(folder, { recursive: true });
  });

  it('is nowhere else', () => {
    for (const host of ['ssh://h', 'npipe:////./pipe/docker', '/var/run/docker.sock', 'unix://', 'tcp://'])
      assert.throws(() => to(host), { message: `"${host}" is no address of a Docker engine`, kind: 'usage' });
  });
});
