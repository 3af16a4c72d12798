// The daemon under requests that no honest client sends, and under thousands of connections that only
// sit there: it answers its pods, forwards nothing that is not theirs, and keeps nothing of it.
// `POD_IAM_LONG=1` sends fifty times as many, from a new seed; `POD_IAM_SEED` repeats a run.
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { after, before, describe, test } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { randomFrom, strangeRequest } from './fuzz/requests.ts';
import { deliver, flood, loiter } from './fuzz/senders.ts';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

const isLong = process.env['POD_IAM_LONG'] === '1';
const SEED = Number(process.env['POD_IAM_SEED'] ?? (isLong ? Date.now() % 2 ** 31 : 20_261));
const REQUESTS = isLong ? 150_000 : 3_000;
const SENDERS = 30;

const FUZZER = '127.30.0.1';
const HONEST = '127.30.0.2';
const NOBODY = '127.30.0.3';

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

/**
 * How many times as long as on a quiet machine what begins now takes: by the share of a processor that the
 * machine has left this process. At least 1.
 */
function delayOfNow(): () => number {
  const [beganMs, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return Math.max(1, (performance.now() - beganMs) / ((user + system) / 1_000));
  };
}

describe(`a daemon that is sent nonsense (POD_IAM_SEED=${SEED})`, () => {
  let world: World;
  let token: string;
  let foreign: string[];
  before(async () => {
    // The widest allow-list, and no tokens: nothing but the judgement of the path is in the way.
    world = await startWorld([
      '--allow-paths=*',
      '--imds-tokens=optional',
      '--pod-wait=30ms',
      '--log-level=info',
    ]);
    world.pod('blue', { ip: FUZZER, role: 'blue' });
    world.pod('green', { ip: HONEST, role: 'team/green' });
    await until('credentials', () => world.lines('issued').length === 2);
    await until('own identity', () => world.lines('identity').length === 1);
    token = await world.token(FUZZER);
    foreign = [...(await secretsOf(HONEST, 'team/green')), ...(await secretsOfTheNode()), 'hunter2'];
    await send(REQUESTS / 10, SEED - 1, () => {});
  });
  after(() => world.close());

  async function secretsOf(from: string, role: string): Promise<string[]> {
    const { body } = await world.get(from, CREDENTIALS + role);
    const { SecretAccessKey, Token } = JSON.parse(body) as Record<string, string>;
    return [SecretAccessKey!, Token!];
  }

  async function secretsOfTheNode(): Promise<string[]> {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    const own = await (await fetch(`${world.imds.url}/latest/api/token`, { method: 'PUT', headers })).text();
    const asked = await fetch(`${world.imds.url}${CREDENTIALS}node`, {
      headers: { 'x-aws-ec2-metadata-token': own },
    });
    const { SecretAccessKey, Token } = (await asked.json()) as Record<string, string>;
    return [SecretAccessKey!, Token!];
  }

  /** Sends so many from some senders at once, each with its own seed. */
  async function send(
    count: number,
    seed: number,
    look: (from: string, bytes: string, answer: string) => void,
  ) {
    const { port } = world.daemon.address;
    await Promise.all(
      Array.from({ length: SENDERS }, async (_, nth) => {
        const random = randomFrom(seed * 1_000 + nth);
        for (let i = 0; i < count / SENDERS; i++) {
          const from = random() < 0.8 ? FUZZER : NOBODY;
          const several = random() < 0.1 ? 3 : 1;
          const bytes = Array.from({ length: several }, () => strangeRequest(random, token)).join('');
          look(from, bytes, await deliver(random, port, from, bytes, 25 + random() * 20));
        }
      }),
    );
  }

  async function honestMs(): Promise<number> {
    const startedMs = performance.now();
    const headers = { 'x-aws-ec2-metadata-token': await world.token(HONEST) };
    const listing = await world.send(HONEST, 'GET', CREDENTIALS, headers);
    assert.equal(listing.body, 'team/green');
    const document = await world.send(HONEST, 'GET', CREDENTIALS + listing.body, headers);
    assert.equal(JSON.parse(document.body).Code, 'Success');
    return performance.now() - startedMs;
  }

  test('answers its pods meanwhile, hands nobody’s secrets to another, and forwards no credential path', async () => {
    const forwardedBefore = world.imds.requests.length;
    const statuses = new Map<string, number>();
    let isDone = false;
    const delay = delayOfNow();
    const honest = (async () => {
      const times: number[] = [];
      while (!isDone) {
        times.push(await honestMs());
        await new Promise((next) => setTimeout(next, 50));
      }
      return times;
    })();
    await send(REQUESTS, SEED, (from, bytes, answer) => {
      const said = JSON.stringify(bytes.slice(0, 400));
      for (const secret of foreign) assert.ok(!answer.includes(secret), `a foreign secret for ${said}`);
      if (from === NOBODY) assert.ok(!answer.includes('SecretAccessKey'), `a secret for nobody: ${said}`);
      assert.doesNotMatch(answer, /instance-profile\/node|i-0123456789abcdef0"?\s*\/|^HTTP\/1\.1 500/, said);
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? (answer === '' ? 'none' : 'odd');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    isDone = true;
    const times = await honest;
    assert.deepEqual(world.lines('defect'), []);
    assert.equal(statuses.get('odd'), undefined);
    // The control: the requests came through, to all kinds of answers.
    for (const status of ['200', '400', '403', '404', '405', '431', 'none'])
      assert.ok(statuses.get(status), `no ${status} among ${[...statuses]}`);
    assert.ok(times.length > 5);
    const limitMs = 1_000 * delay();
    const late = times.filter((ms) => ms >= limitMs);
    assert.ok(late.length <= times.length / 20, `${late.length} of ${times.length} were late: ${late}`);
    const forwarded = world.imds.requests.slice(forwardedBefore);
    assert.ok(forwarded.length > 0, 'nothing was forwarded at all');
    for (const { path, method } of forwarded) {
      assert.ok(method === 'GET' || path === '/latest/api/token', `${method} ${path}`);
      assert.ok(!isSecretPath(path), path);
    }
  });

  test('answers its pods while two thousand connections sit there, and forgets them when they go', async () => {
    const { port } = world.daemon.address;
    await until('quiet', async () => (await openConnections()) <= 1, 30_000);
    collect();
    const heapBefore = process.memoryUsage().heapUsed;
    const handlesBefore = process.getActiveResourcesInfo().length;
    for (let round = 0; round < (isLong ? 10 : 2); round++) {
      const crowd = ['127.30.1.1', '127.30.1.2', '127.30.1.3', FUZZER].map((from) => loiter(port, from, 500));
      await until('the crowd', () => crowd.reduce((sum, { open }) => sum + open(), 0) >= 1_950, 60_000);
      await until('all accepted', async () => (await openConnections()) >= 1_950, 60_000);
      const times: number[] = [];
      const delay = delayOfNow();
      for (let i = 0; i < 10; i++) times.push(await honestMs());
      times.sort((a, b) => a - b);
      assert.ok(times[5]! < 1_000 * delay() && times[9]! < 5_000 * delay(), `${times}`);
      for (const { leave } of crowd) leave();
      await until('the end', async () => (await openConnections()) <= 1, 30_000);
    }
    await until(
      'no handle left',
      () => process.getActiveResourcesInfo().length <= handlesBefore + 10,
      15_000,
    );
    collect();
    const grownMb = (process.memoryUsage().heapUsed - heapBefore) / 1e6;
    assert.ok(grownMb < 8, `the heap grew by ${grownMb} MB`);
  });

  test('answers its pods while one of them floods it, on many connections and by requests sent ahead', async () => {
    const { port } = world.daemon.address;
    const ping = 'GET /latest/meta-data/iam/info HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n';
    const endMs = Date.now() + (isLong ? 20_000 : 1_500);
    const flooding = flood(port, FUZZER, 200, ping);
    const delay = delayOfNow();
    const times: number[] = [];
    const hasShown = (): boolean =>
      times.length > 1 &&
      flooding.answers() > 100 &&
      world.lines('connection closed').some(({ pod }) => pod === 'blue');
    const isOver = (): boolean => Date.now() >= endMs && (hasShown() || Date.now() >= endMs + 30_000);
    const sentAhead = Array.from({ length: 5 }, async () => {
      while (!isOver()) await deliver(() => 0, port, FUZZER, ping.repeat(300), 200);
    });
    while (!isOver()) times.push(await honestMs());
    flooding.stop();
    await Promise.all(sentAhead);
    assert.ok(flooding.answers() > 100, `${flooding.answers()} answers`);
    assert.ok(world.lines('connection closed').some(({ pod }) => pod === 'blue'));
    const late = times.filter((ms) => ms >= 1_500 * delay());
    assert.ok(times.length > 1 && late.length <= times.length / 20, `${times.map(Math.round)}`);
  });

  async function openConnections(): Promise<number> {
    const { body } = await world.admin('/metrics');
    return Number(/^pod_iam_connections (\d+)$/m.exec(body)?.[1]);
  }
});

/** Whether a path could lead to secrets for any reader, however lenient: decoded again and again, in any case. */
function isSecretPath(path: string): boolean {
  let text = path;
  for (let i = 0; i < 6; i++) {
    const flat = posix.normalize(text.replaceAll('\\', '/').replace(/;[^/]*/g, ''));
    if (/security-credentials|identity-credentials|(?:^|\/)iam(?:[/?#]|$)/i.test(flat)) return true;
    // User data lies right behind the version.
    if (/^\/*(?:[^/]*\/)?user-data/i.test(flat)) return true;
    text = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return false;
}
