// The daemon beside a Docker engine, real down to the sockets: who asks is known by what the engine says
// at that moment.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { type Daemon, startDaemon } from '../../src/proxy/daemon.ts';
import { createLog } from '../../src/proxy/log.ts';
import { readSettings } from '../../src/proxy/settings.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../src/sandbox/aws/index.ts';
import { EngineApi } from '../helpers/engine-api.ts';
import { ACCOUNT, BASE, CREDENTIALS, until } from './world.ts';

describe('a daemon beside a Docker engine', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  const engine = new EngineApi();
  let aws: EmulatedAws;
  let daemon: Daemon;
  let log = '';

  before(async () => {
    writeFileSync(join(stateDir, 'token.key'), Buffer.alloc(32, 7));
    const builder = buildAws(ACCOUNT);
    const host = builder.user('host', { policy: allowing('sts:AssumeRole') });
    for (const role of ['blue', 'red']) builder.role(role, { trust: trusting(host.arn) });
    aws = await startEmulatedAws({ state: builder.state });
    engine.run('a', '127.40.0.1');
    await engine.start();
    const flags = ['--source=docker', '--app-port=0', '--admin-addr=127.0.0.1:0', '--redirect=external'];
    daemon = await startDaemon(
      readSettings(
        parseDaemonFlags([
          ...flags,
          `--sts-endpoint=${aws.url}`,
          '--region=eu-west-1',
          `--state-dir=${stateDir}`,
        ]),
        {
          AWS_ACCESS_KEY_ID: host.key.id,
          AWS_SECRET_ACCESS_KEY: host.key.secret,
          DOCKER_HOST: engine.host,
          AWS_ACCOUNT_MAP: `{"shop":"${ACCOUNT}"}`,
        },
      ),
      createLog('info', {
        write: (line: string) => {
          log += line;
        },
      }),
    );
    await until('credentials', () => log.includes('"issued"'), 20_000);
  });
  after(async () => {
    await daemon?.close();
    await engine.close();
    await aws.close();
    rmSync(stateDir, { recursive: true });
  });

  async function get(from: string, path: string): Promise<{ status: number; body: string }> {
    const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    const token = await send(daemon.address.port, from, 'PUT', '/latest/api/token', lifetime);
    return send(daemon.address.port, from, 'GET', path, { 'x-aws-ec2-metadata-token': token.body });
  }
  const admin = (path: string) => send(daemon.admin.port, '127.0.0.1', 'GET', path);

  it('gives a container its role, in the account that the daemon is in itself', async () => {
    assert.deepEqual(await get('127.40.0.1', CREDENTIALS), { status: 200, body: 'blue' });
    assert.match((await get('127.40.0.1', `${CREDENTIALS}blue`)).body, /"Code":"Success"/);
    // However the role is spelt, as long as it is this one.
    assert.equal((await get('127.40.0.1', `${CREDENTIALS}blue@shop`)).status, 200);
    assert.match((await get('127.40.0.1', `${CREDENTIALS}red`)).body, /"OtherRole"/);
    assert.match(log, new RegExp(`"container":"a","uid":"a",.*"role":"${BASE}blue","session":"docker\\.a"`));
  });

  it('names the container to itself, and to the operator', async () => {
    const { caller } = JSON.parse((await get('127.40.0.1', '/-/pod-iam')).body) as { caller: object };
    assert.deepEqual(caller, { address: '127.40.0.1', container: 'a' });
    const explained = JSON.parse((await admin('/-/explain?ip=127.40.0.1')).body) as { container: object };
    assert.deepEqual(explained.container, { name: 'a', id: 'a' });
    assert.match((await admin('/-/explain?ip=127.40.9.9')).body, /no running container is known/);
    assert.deepEqual(JSON.parse((await admin('/readyz')).body), { ready: true, reasons: [] });
  });

  it('never gives a reused address the role of before, though no event has told of it', async () => {
    engine.run('b', '127.40.0.2');
    engine.event('start', 'b');
    assert.equal((await get('127.40.0.2', CREDENTIALS)).body, 'blue');
    engine.containers.delete('b');
    engine.run('c', '127.40.0.2', { env: ['IAM_ROLE=red'] });
    assert.deepEqual(await get('127.40.0.2', CREDENTIALS), { status: 200, body: 'red' });
    engine.containers.delete('c');
    engine.run('d', '127.40.0.2', { env: [] });
    const { status, body } = await get('127.40.0.2', CREDENTIALS);
    assert.equal(status, 404);
    assert.match(body, /the container has no IAM_ROLE, and there is no default role/);
    engine.containers.delete('d');
    assert.match((await get('127.40.0.2', CREDENTIALS)).body, /"UnknownCaller"/);
  });

  it('lets a request wait for its container', async () => {
    const asked = get('127.40.0.3', CREDENTIALS);
    setTimeout(() => {
      engine.run('late', '127.40.0.3', { env: ['IAM_ROLE=red@shop'] });
      engine.event('start', 'late');
    }, 150);
    assert.deepEqual(await asked, { status: 200, body: 'red' });
  });

  it('serves those that it knows while the engine is away', async () => {
    await engine.stop();
    assert.deepEqual(await get('127.40.0.1', CREDENTIALS), { status: 200, body: 'blue' });
    await engine.start();
  });
});

function send(
  port: number,
  localAddress: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, method, path, localAddress, agent: false as const };
    const request = http.request({ ...to, headers: { host: '169.254.169.254', ...headers } }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    request.on('error', reject).end();
  });
}
