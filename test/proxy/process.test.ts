// The daemon as a process: how it starts, refuses and ends.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { startWorld, until, type World } from './world.ts';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('the daemon as a process', () => {
  let world: World;
  const children: ChildProcess[] = [];
  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await world.close();
  });

  function start(args: string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, ['src/proxy/entry.ts', ...args], {
      env: { PATH: process.env['PATH'], POD_IAM_API_DIR: world.stateDir, NODE_NO_WARNINGS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output.stderr += chunk;
    });
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...output })));
    return { child, output, ended };
  }

  const flags = () => [
    '--app-port=0',
    '--admin-addr=127.0.0.1:0',
    '--node=node-1',
    `--api-server=${world.api.url}`,
    `--sts-endpoint=${world.aws.url}`,
    `--metadata-addr=${world.imds.url.slice('http://'.length)}`,
    `--state-dir=${world.stateDir}`,
  ];

  test('ends with 2 and one reason for words that it does not know, before it listens', async () => {
    for (const [args, message] of [
      [['--app-prt=80'], 'Error: there is no flag --app-prt; did you mean --app-port?\n'],
      [['stray'], 'Error: "stray" is not a flag\n'],
      [['--pod-wait=soon'], 'Error: --pod-wait must be a duration of 0 to 10s, not "soon"\n'],
      [
        ['--source=docker', '--namespace-restrictions'],
        'Error: --namespace-restrictions has no meaning with --source docker\n',
      ],
      [['--iptables', ...flags()], 'Error: --iptables needs --host-ip\n'],
      [['--node=n'], 'Error: there is no Kubernetes API server to ask\n'],
    ] as const) {
      const { code, stdout, stderr } = await start([...args]).ended;
      assert.deepEqual([code, stdout], [2, '']);
      assert.ok(stderr.startsWith(message), stderr);
      assert.match(stderr, /\n {2}Next: /);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });

  test('ends with 3 and the address when that is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((done) => taken.once('listening', done));
    const { port } = taken.address() as net.AddressInfo;
    const { code, stderr } = await start([...flags(), `--app-port=${port}`]).ended;
    taken.close();
    assert.equal(code, 3);
    assert.match(
      stderr,
      new RegExp(`^Error: cannot listen on 127.0.0.1 port ${port}\\n {2}Why: {2}listen EADDRINUSE`),
    );
  });

  test('listens at once though nothing that it needs is there', async () => {
    world.api.refuse = 503;
    const dead = ['--sts-endpoint=http://127.0.0.1:9', '--metadata-addr=127.0.0.1:9'];
    const { child, output, ended } = start([...flags(), ...dead]);
    await until('listening', () => output.stdout.includes('"listening"'), 60_000);
    const { port } = JSON.parse(output.stdout.split('\n').find((line) => line.includes('"listening"'))!) as {
      port: number;
    };
    const answer = await new Promise<string>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () =>
        socket.write(
          'PUT /latest/api/token HTTP/1.1\r\nHost: 169.254.169.254\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\nConnection: close\r\n\r\n',
        ),
      );
      socket.on('data', (chunk) => resolve(String(chunk)));
    });
    assert.match(answer, /^HTTP\/1\.1 200 /);
    world.api.refuse = null;
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });

  test('logs JSON lines alone, and ends with 0 soon after SIGTERM, also with open connections', async () => {
    const { child, output, ended } = start(flags());
    await until('identity', () => output.stdout.includes('"identity"'), 60_000);
    const { port } = JSON.parse(output.stdout.split('\n').find((line) => line.includes('"listening"'))!) as {
      port: number;
    };
    const idle = net.connect(port, '127.0.0.1');
    await new Promise((done) => idle.once('connect', done));
    const startedMs = Date.now();
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    idle.destroy();
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(Date.now() - startedMs < 4_000);
    for (const line of stdout.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string');
    assert.match(stdout, /"msg":"identity"/);
  });

  test('ends within 3 s of SIGTERM while STS hangs, and asks it for nothing more', async () => {
    let connections = 0;
    const silent = net.createServer(() => connections++).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    world.pod('blue', { ip: '127.24.9.1', role: 'blue' });
    const base = '--base-role-arn=arn:aws:iam::111122223333:role/';
    const { child, ended } = start([...flags(), base, `--sts-endpoint=http://127.0.0.1:${port}`]);
    await until('calls for the identity and for the role', () => connections >= 2, 60_000);
    const before = connections;
    const startedMs = Date.now();
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
    assert.ok(Date.now() - startedMs < 3_000, `${Date.now() - startedMs} ms`);
    assert.equal(connections, before);
    silent.close();
  });

  test('prints every flag with --help', async () => {
    const { code, stdout } = await start(['--help']).ended;
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}--pod-wait=900ms$/m);
  });
});
