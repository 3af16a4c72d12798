// Spellings of credential paths, sent byte for byte: none may reach the real service.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startWorld, until, type World } from './world.ts';

const FROM = '127.22.0.1';
/** `own`: the listing or document of the pod's own role is right; `no`: nothing is there. */
const spellings: readonly (readonly [string, 'own' | 'no'])[] = [
  ['//latest//meta-data//iam//security-credentials//', 'own'],
  ['/latest/./meta-data/./iam/security-credentials/', 'own'],
  ['/latest/user-data/../meta-data/iam/security-credentials/', 'own'],
  ['/latest/meta-data/placement/%2e%2e/iam/security-credentials/', 'own'],
  ['/latest%2Fmeta-data%2fiam%2Fsecurity-credentials%2F', 'own'],
  ['/latest/meta-data/iam/security%2Dcredentials/blue', 'own'],
  ['/../../latest/meta-data/iam/security-credentials/blue', 'own'],
  ['/2009-04-04/meta-data/iam/security-credentials/blue', 'own'],
  ['http://169.254.169.254/latest/meta-data/iam/security-credentials/', 'own'],
  ['HTTP://169.254.169.254:80//latest/meta-data/iam/security-credentials/blue', 'own'],
  ['/latest/meta-data/iam/security-credentials/?../placement', 'own'],
  ['/latest/meta-data/iam%252Fsecurity-credentials/', 'no'],
  ['/latest/meta-data/%69am%2fsecurity%252dcredentials/', 'no'],
  ['/latest/meta-data/placement/%252e%252e/iam/security-credentials/', 'no'],
  ['/LATEST/META-DATA/iam/security-credentials/', 'no'],
  ['/latest/meta-data/IAM/Security-Credentials/node', 'no'],
  ['/latest/meta-data/iam/security-credentials;x/node', 'no'],
  ['/latest/meta-data;x/iam/security-credentials/node', 'no'],
  ['/latest/latest/meta-data/iam/security-credentials/node', 'no'],
  ['/latest/meta-data/iam/security-credentials-extended/node', 'no'],
  ['/latest/meta-data/iam\\security-credentials/node', 'no'],
  ['/latest/meta-data/placement/..\\iam/security-credentials/node', 'no'],
  ['/latest/meta-data/iam/security-credentials/node%0A', 'no'],
  ['/latest/meta-data/iam/security-credentials/%00node', 'no'],
  ['/latest/meta-data/iam/security-credentials/%zz', 'no'],
  ['/latest/meta-data/iam/security-credentials/%', 'no'],
  ['/latest/meta-data/iam/security-credentials/%c3%28', 'no'],
  ['/latest/meta-data/iam/security-credentials/%EF%BC%8Fnode', 'no'],
  ['/latest/dynamic/../meta-data/identity-credentials/ec2/security-credentials/ec2-instance', 'no'],
  ['/latest/meta-data/network/../iam/', 'no'],
  ['/latest/meta-data/network/..%2fiam%2finfo%2f..', 'no'],
  ['/latest/meta-data/events/%2569am/', 'no'],
  ['/latest/user-data%20', 'no'],
  ['/latest/User-Data', 'no'],
  ['ftp://169.254.169.254/latest/meta-data/iam/', 'no'],
  ['*', 'no'],
];

describe('with everything allowed', () => {
  test('credential paths, user data and odd spellings are still not passed on', async () => {
    const world = await startWorld(['--allow-paths=*', '--imds-tokens=optional', '--pod-wait=50ms']);
    try {
      // The daemon reads its own credentials there.
      await until('own identity', () => world.lines('identity').length === 1);
      const before = world.imds.requests.length;
      for (const [path] of [...spellings, ['/latest/user-data'], ['/latest/meta-data/iam/']] as const)
        await world.raw(FROM, `GET ${path} HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n`);
      const passed = world.imds.requests.slice(before).map(({ path }) => path);
      assert.deepEqual(
        passed.filter((path) => /credentials|iam|user-data/i.test(path)),
        [],
      );
      await world.raw(
        FROM,
        'GET /latest/dynamic/fws/instance-monitoring HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n',
      );
      assert.equal(world.imds.requests.at(-1)?.path, '/latest/dynamic/fws/instance-monitoring');
    } finally {
      await world.close();
    }
  });
});

describe('spellings of credential paths', () => {
  let world: World;
  let token: string;
  before(async () => {
    world = await startWorld(['--pod-wait=100ms']);
    world.pod('blue', { ip: FROM, role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
    token = await world.token(FROM);
  });
  after(() => world.close());

  const ask = (method: string, path: string) =>
    world.raw(
      FROM,
      `${method} ${path} HTTP/1.1\r\nHost: 169.254.169.254\r\nX-aws-ec2-metadata-token: ${token}\r\nConnection: close\r\n\r\n`,
    );

  for (const [path, wanted] of spellings) {
    test(`GET ${path} is ${wanted === 'own' ? "the pod's own role" : 'nothing'}`, async () => {
      const asked = world.imds.requests.length;
      const answer = await ask('GET', path);
      assert.equal(world.imds.requests.length, asked, 'asked of the real service');
      if (wanted === 'own') {
        assert.match(answer, /^HTTP\/1\.1 200 /);
        assert.ok(answer.endsWith('\r\n\r\nblue') || answer.includes('"Code":"Success"'));
      } else {
        assert.match(answer, /^HTTP\/1\.1 4(?:00|03|04) /);
        assert.ok(!answer.includes('SecretAccessKey'));
      }
    });
  }

  test('no method gets any of them passed on', async () => {
    const asked = world.imds.requests.length;
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY', 'MKCOL'])
      for (const [path] of spellings) await ask(method, path);
    assert.equal(world.imds.requests.length, asked);
  });

  test('what is passed on is the path that was judged, written anew', async () => {
    await ask('GET', '/latest/iam/..//meta-data/./x/%2e%2e/placement//region?a=/../iam');
    assert.equal(world.imds.requests.at(-1)?.path, '/latest/meta-data/placement/region');
  });

  test('bytes that are no HTTP, CONNECT, a missing Host and two of them do not end the daemon', async () => {
    for (const bytes of [
      'GARBAGE\r\n\r\n',
      'GET /latest/meta-data/iam/\x01 HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n',
      'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n',
      'GET /latest/meta-data/instance-id HTTP/1.1\r\nConnection: close\r\n\r\n',
      'GET /latest/meta-data/instance-id HTTP/1.0\r\n\r\n',
      'GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: 169.254.169.254\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      'PUT /latest/api/token HTTP/1.1\r\nHost: 169.254.169.254\r\nHost: 169.254.169.254\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\nConnection: close\r\n\r\n',
    ])
      assert.doesNotMatch(await world.raw(FROM, bytes).catch(() => ''), /^HTTP\/1\.1 200/);
    assert.match(await ask('GET', '/latest/meta-data/iam/security-credentials/'), /blue$/);
  });

  test('a PUT with a body of any type, and one without a length, gets its token', async () => {
    for (const tail of [
      'Content-Type: application/json\r\nContent-Length: 3\r\n\r\n{"x',
      'Content-Type: nonsense\r\nContent-Length: 1\r\n\r\nx',
      'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '\r\n',
    ]) {
      const answer = await world.raw(
        FROM,
        `PUT /latest/api/token HTTP/1.1\r\nHost: 169.254.169.254\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\nConnection: close\r\n${tail}`,
      );
      assert.match(answer, /^HTTP\/1\.1 200 /);
    }
  });
});
