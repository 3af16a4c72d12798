// --source docker with real engines: containers on its bridge ask the metadata address, and a rule that
// the daemon keeps itself leads them to it. POD_IAM_E2E_ENGINES names the engines that must be there;
// without it those are left out that are not.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Engine, type EngineKind, engineFault } from './helpers/engine.ts';
import { netnsFault, OUTSIDE_IP, stop, World } from './helpers/netns.ts';

const METADATA = 'http://169.254.169.254';
const CREDENTIALS = `${METADATA}/latest/meta-data/iam/security-credentials/`;
/** In a shell, as an SDK asks that gives up after a second. */
const ASK_AT_ONCE = `t=$(/bin/curl -s -m 1 -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' ${METADATA}/latest/api/token) && /bin/curl -s -m 1 -H "x-aws-ec2-metadata-token: $t" ${CREDENTIALS}`;
const STS_PORT = '4566';
const required = (process.env.POD_IAM_E2E_ENGINES ?? '').split(/[ ,]+/);

for (const kind of ['docker', 'podman'] as const) {
  const fault = netnsFault() || engineFault(kind);
  const skip = required.includes(kind) ? false : fault;
  describe(`a daemon beside ${kind}`, { skip, timeout: 900_000 }, () => suite(kind, fault));
}

function suite(kind: EngineKind, fault: string | false): void {
  const stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-docker-'));
  const world = new World();
  let engine: Engine;
  let daemon: ChildProcess;
  let log = '';

  before(async () => {
    assert.equal(fault, false);
    await world.build({ pods: false });
    const beyond = ['test/e2e/helpers/outside.ts', OUTSIDE_IP, STS_PORT];
    const outside = world.start('outside', process.execPath, ...beyond);
    await once(outside.stdout!, 'data');
    engine = new Engine(kind, world.name('node'));
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
      'node',
      ...['env', 'AWS_ACCOUNT_MAP={"shop":"111122223333"}', 'DEFAULT_ACCOUNT_ID=111122223333'],
      ...[process.execPath, 'dist/proxy/proxy.cjs', '--source=docker', '--region=eu-west-1'],
      ...[`--docker-host=unix://${engine.socket}`, '--iptables', `--host-ip=${engine.bridge.address}`],
      ...[`--sts-endpoint=http://${OUTSIDE_IP}:${STS_PORT}`, `--state-dir=${stateDir}`],
    );
    for (const stream of [daemon.stdout!, daemon.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    await until(async () => (await readiness()).includes('"ready":true'));
  }

  const admin = (path: string) => world.curl('node', `http://127.0.0.1:8182${path}`);
  const readiness = () => admin('/readyz');

  /** What a container gets with a session token of its own. */
  async function ask(container: string, path: string): Promise<string> {
    const lifetime = 'x-aws-ec2-metadata-token-ttl-seconds: 60';
    const token = await engine.curl(container, '-X', 'PUT', '-H', lifetime, `${METADATA}/latest/api/token`);
    return engine.curl(container, '-w', ' %{http_code}', '-H', `x-aws-ec2-metadata-token: ${token}`, path);
  }

  /** What the first process of a new container gets. On a busy machine its second may be over before that. */
  async function askAtOnce(...options: string[]): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await engine.once(ASK_AT_ONCE, ...options);
      } catch (error) {
        const isTimeOut = (error as Error).message.includes(' ended with 28:');
        if (!isTimeOut || tries === 3) throw error;
      }
    }
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (const endMs = Date.now() + 60_000; !(await holds()); await delay(50))
      if (Date.now() > endMs) throw new Error(`not in time; the daemon's log: ${log}`);
  }

  it('would be needed: without it a container gets the role of its host', async () => {
    assert.equal(await ask('bare', CREDENTIALS), 'node 200');
  });

  it('gives a container its own role, with credentials that STS has issued for it', async () => {
    await startDaemon();
    assert.equal(await ask('web', CREDENTIALS), 'blue 200');
    const document = await ask('web', `${CREDENTIALS}blue`);
    assert.match(document, /"Code":"Success"/);
    await until(async () => /"session":"docker\.web".*"msg":"issued"/.test(log));
    await until(async () => /"container":"web",.*"msg":"served"/.test(log));
    const secret = /"SecretAccessKey":"([^"]+)"/.exec(document)![1]!;
    assert.ok(!log.includes(secret));
  });

  it('refuses another role, and a container without role gets nothing, with the reason', async () => {
    assert.match(await ask('web', `${CREDENTIALS}red`), /"OtherRole".* 403$/s);
    const nothing = /the container has no IAM_ROLE, and there is no default role.* 404$/s;
    assert.match(await ask('bare', CREDENTIALS), nothing);
    assert.match(await ask('bare', `${CREDENTIALS}node`), / 404$/);
  });

  it('tells who it takes a container to be', async () => {
    const canary = JSON.parse(await engine.curl('web', `${METADATA}/-/pod-iam`)) as {
      caller: { address: string };
      role: string;
    };
    const { address } = canary.caller;
    assert.deepEqual(canary.caller, { address, container: 'web' });
    assert.equal(canary.role, 'arn:aws:iam::111122223333:role/blue');
    const explained = JSON.parse(await admin(`/-/explain?ip=${address}`)) as { container: { name: string } };
    assert.equal(explained.container.name, 'web');
    assert.match(await admin('/metrics'), /pod_iam_watch_up\{resource="containers"\} 1/);
  });

  it('serves by label, by account, on a network of its own, and what joins another', async () => {
    await engine.command('network', 'create', 'side');
    await Promise.all([
      engine.run('labelled', '--label', 'iam.amazonaws.com/role=red'),
      engine.run('account', '--env', 'IAM_ROLE=blue@shop'),
      engine.run('alias', '--env', 'IAM_ROLE=blue@nowhere'),
      engine.run('aside', '--env', 'IAM_ROLE=red', '--network', 'side'),
      engine.run('guest', '--env', 'IAM_ROLE=red', '--network', 'container:web'),
      engine.run('hosted', '--env', 'IAM_ROLE=red', '--network', 'host'),
    ]);
    assert.equal(await ask('labelled', CREDENTIALS), 'red 200');
    assert.equal(await ask('account', CREDENTIALS), 'blue 200');
    assert.match(await ask('alias', CREDENTIALS), /its account \\"nowhere\\" is neither 12 digits.* 404$/s);
    assert.equal(await ask('aside', CREDENTIALS), 'red 200');
    // The owner of the network answers for its guests; a program of the host is no container's.
    assert.equal(await ask('guest', CREDENTIALS), 'blue 200');
    assert.equal(await ask('hosted', CREDENTIALS), 'node 200');
    await engine.command('network', 'connect', 'side', 'labelled');
    assert.equal(await ask('labelled', CREDENTIALS), 'red 200');
  });

  it('serves the first process of a container that asks before anything else', async () => {
    assert.equal(await askAtOnce('--env', 'IAM_ROLE=red'), 'red');
  });

  it('takes a reused address for its new container, and never for the old one', async () => {
    const address = engine.bridge.address.replace(/\.1$/, '.200');
    // Docker gives no address of one's choice on its default network.
    const place = kind === 'podman' ? ['--ip', address] : ['--network', 'fixed', '--ip', '10.77.0.200'];
    if (kind === 'docker') await engine.command('network', 'create', '--subnet', '10.77.0.0/24', 'fixed');
    await engine.run('first', ...place, '--env', 'IAM_ROLE=blue');
    assert.equal(await ask('first', CREDENTIALS), 'blue 200');
    await engine.remove('first');
    assert.equal(await askAtOnce(...place, '--env', 'IAM_ROLE=red'), 'red');
    assert.match(await askAtOnce(...place), /"NoRole"/);
    await engine.run('third', ...place);
    assert.match(await ask('third', CREDENTIALS), / 404$/);
    // A stopped container answers for nothing.
    const left = /no running container is known to have the address/;
    await engine.remove('third');
    await until(async () => left.test(await admin(`/-/explain?ip=${place.at(-1)}`)));
  });

  it('goes on serving while the engine is away, and sees what has changed when it is back', async () => {
    await engine.end();
    assert.equal((await world.curl('node', 'http://127.0.0.1:8182/healthz')).trim(), '{"ok":true}');
    // Podman's containers are asked through its program, which needs no service.
    if (kind === 'podman') {
      assert.equal(await ask('web', CREDENTIALS), 'blue 200');
      await engine.run('while-away', '--env', 'IAM_ROLE=red');
      await until(async () => (await readiness()).includes('nothing was heard of the containers for'));
    }
    await engine.start();
    await until(async () => (await readiness()).includes('"ready":true'));
    // Docker 20.10 forgets which addresses its containers have, and would give one of them out again.
    if (kind === 'docker')
      await engine.run('while-away', '--env', 'IAM_ROLE=red', '--network', 'fixed', '--ip', '10.77.0.201');
    await until(async () => (await ask('while-away', CREDENTIALS)) === 'red 200');
    assert.equal(await ask('web', CREDENTIALS), 'blue 200');
  });

  it('leaves the rule when it goes, so that a container reaches nothing', async () => {
    assert.equal(await stop(daemon), 0, log);
    assert.equal(await engine.curl('web', CREDENTIALS), 'curl 7');
    assert.equal(await engine.curl('bare', CREDENTIALS), 'curl 7');
  });
}
