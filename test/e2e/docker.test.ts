// --source docker with a real engine: containers on its bridge ask the metadata address, and a rule that
// the daemon keeps itself leads them to it.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Engine, engineFault } from './helpers/engine.ts';
import { netnsFault, OUTSIDE_IP, World } from './helpers/netns.ts';

const METADATA = 'http://169.254.169.254';
const CREDENTIALS = `${METADATA}/latest/meta-data/iam/security-credentials/`;
const STS_PORT = '4566';
const BRIDGE_IP = '10.88.0.1';

// In CI a missing engine is a failure, elsewhere a reason to leave this out.
const fault = netnsFault() || engineFault();
const skip = process.env.CI ? false : fault;

describe('a daemon beside a Docker engine', { skip, timeout: 180_000 }, () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-docker-'));
  const world = new World();
  let engine: Engine;
  let daemon: ChildProcess;
  let log = '';

  before(async () => {
    assert.equal(fault, false);
    await world.build({ pods: false });
    const outside = world.start(
      'outside',
      process.execPath,
      'test/e2e/helpers/outside.ts',
      OUTSIDE_IP,
      STS_PORT,
    );
    await once(outside.stdout!, 'data');
    engine = new Engine(world.name('node'));
    await engine.start();
    await engine.makeImage();
    await engine.run('web', '--env', 'IAM_ROLE=blue');
    await engine.run('bare');
  });
  after(async () => {
    await engine?.destroy();
    await world.destroy();
    rmSync(stateDir, { recursive: true });
  });

  async function startDaemon(): Promise<void> {
    daemon = world.start(
      ...(['node', process.execPath, 'dist/proxy/proxy.cjs', '--source=docker'] as const),
      ...[`--docker-host=unix://${engine.socket}`, '--iptables', `--host-ip=${BRIDGE_IP}`],
      ...[
        '--host-interface=podman0',
        '--base-role-arn=arn:aws:iam::111122223333:role/',
        '--region=eu-west-1',
      ],
      ...[`--sts-endpoint=http://${OUTSIDE_IP}:${STS_PORT}`, `--state-dir=${stateDir}`],
    );
    daemon.stdout!.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    daemon.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    await until(
      async () => (await readiness()).includes('"ready":true'),
      () => log,
    );
  }
  const readiness = () => world.curl('node', 'http://127.0.0.1:8182/readyz');

  /** What a container gets with a session token of its own. */
  async function ask(container: string, path: string): Promise<string> {
    const lifetime = 'x-aws-ec2-metadata-token-ttl-seconds: 60';
    const token = await engine.curl(container, '-X', 'PUT', '-H', lifetime, `${METADATA}/latest/api/token`);
    return engine.curl(container, '-w', ' %{http_code}', '-H', `x-aws-ec2-metadata-token: ${token}`, path);
  }

  it('would be needed: without it a container gets the role of its host', async () => {
    assert.equal(await ask('bare', CREDENTIALS), 'node 200');
  });

  it('gives a container its own role, with credentials that STS has issued for it', async () => {
    await startDaemon();
    assert.equal(await ask('web', CREDENTIALS), 'blue 200');
    const document = await ask('web', `${CREDENTIALS}blue`);
    assert.match(document, /"Code":"Success"/);
    assert.match(log, /"msg":"issued"/);
    assert.match(log, /"session":"docker\.web"/);
    assert.doesNotMatch(
      log,
      new RegExp(/"SecretAccessKey":"([^"]+)"/.exec(document)![1]!.replace(/[+/]/g, '.')),
    );
  });

  it('refuses another role, and a container without role gets nothing, with the reason', async () => {
    assert.match(await ask('web', `${CREDENTIALS}red`), /"OtherRole".* 403$/s);
    assert.match(
      await ask('bare', CREDENTIALS),
      /the container has no IAM_ROLE, and there is no default role.* 404$/s,
    );
    assert.match(await ask('bare', `${CREDENTIALS}node`), / 404$/);
  });

  it('serves a container that has just started, by label, account and on a network of its own', async () => {
    await engine.podman('network', 'create', 'side');
    await engine.run('labelled', '--label', 'iam.amazonaws.com/role=red');
    await engine.run('account', '--env', 'IAM_ROLE=blue@111122223333');
    await engine.run('two-nets', '--env', 'IAM_ROLE=red', '--network', 'podman,side');
    assert.equal(await ask('labelled', CREDENTIALS), 'red 200');
    assert.equal(await ask('account', CREDENTIALS), 'blue 200');
    assert.equal(await ask('two-nets', CREDENTIALS), 'red 200');
    await engine.run('alias', '--env', 'IAM_ROLE=blue@prod');
    assert.match(await ask('alias', CREDENTIALS), /names the account \\"prod\\".* 404$/s);
  });

  it('takes a reused address for its new container, and forgets the old one', async () => {
    await engine.run('first', '--ip', '10.88.0.200', '--env', 'IAM_ROLE=blue');
    assert.equal(await ask('first', CREDENTIALS), 'blue 200');
    await engine.podman('rm', '--force', '--time', '0', 'first');
    await engine.run('second', '--ip', '10.88.0.200', '--env', 'IAM_ROLE=red');
    assert.equal(await ask('second', CREDENTIALS), 'red 200');
    await engine.podman('rm', '--force', '--time', '0', 'second');
    await engine.run('third', '--ip', '10.88.0.200');
    assert.match(await ask('third', CREDENTIALS), / 404$/);
  });

  it('goes on serving while the engine is away, and sees what has changed when it is back', async () => {
    await engine.end();
    assert.equal(await ask('web', CREDENTIALS), 'blue 200');
    await engine.run('while-away', '--env', 'IAM_ROLE=red');
    await engine.start();
    await until(
      async () => (await ask('while-away', CREDENTIALS)) === 'red 200',
      () => log,
    );
    assert.equal(await ask('web', CREDENTIALS), 'blue 200');
  });

  it('leaves the rule when it goes, so that a container reaches nothing', async () => {
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    assert.equal((await gone)[0], 0, log);
    assert.equal(await engine.curl('web', CREDENTIALS), 'curl 7');
    assert.equal(await engine.curl('bare', CREDENTIALS), 'curl 7');
  });
});

async function until(holds: () => Promise<boolean>, told: () => string): Promise<void> {
  for (const endMs = Date.now() + 10_000; !(await holds()); await delay(50))
    if (Date.now() > endMs) throw new Error(`not in time; the daemon's log: ${told()}`);
}
