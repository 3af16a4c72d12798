// The table of answers on the intercepted address, over real sockets.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ACCOUNT, BASE, CREDENTIALS, NODE_ROLE, startWorld, until, type World } from './world.ts';

describe('the answers to a pod', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--pod-wait=150ms']);
    world.pod('blue', { ip: '127.20.0.1', role: 'blue' });
    world.pod('green', { ip: '127.20.0.2', role: `${BASE}team/green` });
    world.pod('bare', { ip: '127.20.0.3' });
    world.pod('blank', { ip: '127.20.0.4', role: ' ' });
    world.pod('closed', { ip: '127.20.0.5', role: 'closed' });
    world.pod('foreign', { ip: '127.20.0.6', role: 'arn:aws:iam::999999999999:role/x/cross' });
    await until('first credentials', () => world.lines('issued').length === 2);
  });
  after(() => world.close());

  test('the listing is the one role, base ARN stripped, as text without a newline', async () => {
    const { status, body, headers } = await world.get('127.20.0.1', CREDENTIALS);
    assert.deepEqual([status, body, headers['content-type']], [200, 'blue', 'text/plain']);
  });

  test('the listing is the same without its slash, with other API versions and with a query', async () => {
    for (const path of [
      '/latest/meta-data/iam/security-credentials',
      '/2021-01-03/meta-data/iam/security-credentials/',
      '/1.0/meta-data/iam/security-credentials/',
      '/latest/meta-data/iam/security-credentials/?x=1',
      '//latest/meta-data/iam/security-credentials/',
      'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    ]) {
      const { status, body } = await world.get('127.20.0.1', path);
      assert.deepEqual([path, status, body], [path, 200, 'blue']);
    }
  });

  test('a role with a path is listed with it, a role of another account as its ARN', async () => {
    assert.equal((await world.get('127.20.0.2', CREDENTIALS)).body, 'team/green');
    assert.equal((await world.get('127.20.0.6', CREDENTIALS)).body, 'arn:aws:iam::999999999999:role/x/cross');
  });

  test('the document has the fields of EC2 and credentials that STS knows as a session of the role', async () => {
    const { status, body } = await world.get('127.20.0.1', `${CREDENTIALS}blue`);
    assert.equal(status, 200);
    const document = JSON.parse(body) as Record<string, string>;
    assert.deepEqual(Object.keys(document), [
      'Code',
      'LastUpdated',
      'Type',
      'AccessKeyId',
      'SecretAccessKey',
      'Token',
      'Expiration',
    ]);
    assert.equal(document['Code'], 'Success');
    assert.match(document['Expiration']!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(document['LastUpdated']!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const key = world.aws.sessions.findKey(document['AccessKeyId']!);
    assert.equal(key?.caller.arn, `arn:aws:sts::${ACCOUNT}:assumed-role/blue/shop.blue`);
  });

  test('the role may be asked for by name, by path and name, and by ARN', async () => {
    for (const [from, role] of [
      ['127.20.0.1', 'blue'],
      ['127.20.0.1', `${BASE}blue`],
      ['127.20.0.1', 'blue/'],
      ['127.20.0.2', 'team/green'],
      ['127.20.0.2', `${BASE}team/green`],
    ] as const) {
      const { status } = await world.get(from, CREDENTIALS + role);
      assert.deepEqual([role, status], [role, 200]);
    }
  });

  test('any other role is 403, also the node role, a prefix and a name without its path', async () => {
    for (const [from, role] of [
      ['127.20.0.1', 'red'],
      ['127.20.0.1', 'node'],
      ['127.20.0.1', 'blu'],
      ['127.20.0.1', 'Blue'],
      ['127.20.0.1', 'role/blue'],
      ['127.20.0.2', 'green'],
      ['127.20.0.1', 'arn:aws:iam::999999999999:role/blue'],
    ] as const) {
      const { status, body } = await world.get(from, CREDENTIALS + role);
      assert.deepEqual([role, status, JSON.parse(body).Code], [role, 403, 'OtherRole']);
    }
    assert.equal(world.assumes('red'), 0);
  });

  test('a pod without role, or with a blank one, gets 404 for listing and document, with the reason', async () => {
    for (const [from, code] of [
      ['127.20.0.3', 'LK001'],
      ['127.20.0.4', 'AN002'],
    ] as const) {
      for (const path of [CREDENTIALS, `${CREDENTIALS}blue`, '/latest/meta-data/iam/info']) {
        const { status, body } = await world.get(from, path);
        assert.deepEqual([path, status, JSON.parse(body).Check], [path, 404, code]);
      }
    }
  });

  test('a refusal by STS is 403 with a code of its own, the side that refuses as far as known and no text of the SDK', async () => {
    assert.equal((await world.get('127.20.0.5', CREDENTIALS)).body, 'closed');
    const { status, body } = await world.get('127.20.0.5', `${CREDENTIALS}closed`);
    assert.equal(status, 403);
    assert.deepEqual(JSON.parse(body), {
      Code: 'AssumeRoleUnauthorizedAccess',
      Message: `STS refused sts:AssumeRole on ${BASE}closed: either the role's trust policy does not name arn:aws:sts::${ACCOUNT}:assumed-role/node/i-0123456789abcdef0 (or wants another external id), or the policies of arn:aws:sts::${ACCOUNT}:assumed-role/node/i-0123456789abcdef0 do not allow sts:AssumeRole on it, or there is no such role; STS does not say which`,
      RefusedBy: 'STS',
      Side: 'undisclosed',
      Check: 'TP018',
    });
  });

  test('iam/info is that of the pod, not of the node', async () => {
    const { status, body } = await world.get('127.20.0.2', '/latest/meta-data/iam/info');
    const info = JSON.parse(body) as Record<string, string>;
    assert.equal(status, 200);
    assert.equal(info['InstanceProfileArn'], `arn:aws:iam::${ACCOUNT}:instance-profile/team/green`);
    assert.match(info['InstanceProfileId']!, /^AROA/);
  });

  test('harmless paths come from the real service, and only with its own token', async () => {
    const before = world.imds.requests.length;
    for (const [path, wanted] of [
      ['/latest/meta-data/placement/region', 'eu-west-1'],
      ['/latest/meta-data/placement/availability-zone/', 'eu-west-1a'],
      ['/latest/meta-data/instance-id', 'i-0123456789abcdef0'],
    ] as const) {
      const { status, body } = await world.get('127.20.0.3', path);
      assert.deepEqual([path, status, body], [path, 200, wanted]);
    }
    const document = await world.get('127.20.0.1', '/latest/dynamic/instance-identity/document');
    assert.equal(JSON.parse(document.body).region, 'eu-west-1');
    const asked = world.imds.requests.slice(before);
    assert.ok(asked.length >= 4, `${asked.length} requests`);
    assert.ok(asked.every(({ hasToken, method }) => hasToken || method === 'PUT'));
  });

  test('all else is 404 and never asked of the real service', async () => {
    const before = world.imds.requests.length;
    for (const path of [
      '/latest/user-data',
      '/latest/meta-data/iam/',
      '/latest/meta-data/iam',
      '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
      '/latest/meta-data/identity-credentials/ec2/info',
      '/latest/meta-data/iam/security-credentials-extended',
      '/latest/meta-data/iam/security-credentials-extended/blue',
      '/latest/dynamic/instance-identity/pkcs7',
      '/latest/meta-data/public-keys/',
      '/latest/',
      '/',
      '/nothing',
    ]) {
      const { status } = await world.get('127.20.0.1', path);
      assert.deepEqual([path, status], [path, 404]);
    }
    assert.equal(world.imds.requests.length, before);
  });

  test('HEAD is answered like GET, without a body', async () => {
    const token = await world.token('127.20.0.1');
    const { status, body, headers } = await world.send('127.20.0.1', 'HEAD', CREDENTIALS, {
      'x-aws-ec2-metadata-token': token,
    });
    assert.deepEqual([status, body, headers['content-length']], [200, '', '4']);
  });

  test('other methods are 405 on credential paths and never passed on', async () => {
    const before = world.imds.requests.length;
    const token = await world.token('127.20.0.1');
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      for (const path of [CREDENTIALS, `${CREDENTIALS}blue`, '/latest/meta-data/placement/region']) {
        const { status } = await world.send('127.20.0.1', method, path, {
          'x-aws-ec2-metadata-token': token,
        });
        assert.deepEqual([method, path, status], [method, path, 405]);
      }
    }
    assert.equal(world.imds.requests.length, before);
  });

  test('a foreign Host is refused, in the header and in the request line', async () => {
    const token = await world.token('127.20.0.1');
    const headers = { 'x-aws-ec2-metadata-token': token };
    for (const host of ['evil.example', '127.0.0.1', '169.254.169.254.evil.example', '169.254.169.254:8181'])
      assert.equal((await world.send('127.20.0.1', 'GET', CREDENTIALS, { ...headers, host })).status, 403);
    const absolute = `http://evil.example${CREDENTIALS}`;
    assert.equal((await world.send('127.20.0.1', 'GET', absolute, headers)).status, 403);
    for (const host of ['169.254.169.254:80', '[fd00:ec2::254]', '[FD00:EC2::254]'])
      assert.equal((await world.send('127.20.0.1', 'GET', CREDENTIALS, { ...headers, host })).status, 200);
  });

  test('nobody is taken for another by a header', async () => {
    const { body } = await world.send('127.20.0.2', 'GET', CREDENTIALS, {
      'x-aws-ec2-metadata-token': await world.token('127.20.0.2'),
      'x-forwarded-for': '127.20.0.1',
      forwarded: 'for=127.20.0.1',
      'x-real-ip': '127.20.0.1',
    });
    assert.equal(body, 'team/green');
  });

  test('the canary says who the caller is taken for, without a token', async () => {
    const known = await world.send('127.20.0.1', 'GET', '/-/pod-iam');
    const canary = JSON.parse(known.body) as Record<string, unknown>;
    assert.equal(known.status, 200);
    assert.equal(canary['pod-iam'], true);
    assert.equal(canary['node'], 'node-1');
    assert.deepEqual(canary['caller'], { address: '127.20.0.1', namespace: 'shop', pod: 'blue' });
    assert.equal(canary['role'], `${BASE}blue`);
    const unknown = JSON.parse((await world.send('127.20.0.99', 'GET', '/-/pod-iam')).body);
    assert.deepEqual([unknown.caller, unknown.role], [null, null]);
  });

  test('an unknown address gets 404 after the wait, and its token at once meanwhile', async () => {
    const patient = await startWorld(['--pod-wait=1s']);
    try {
      const waiting = patient.get('127.20.0.98', CREDENTIALS);
      const took: number[] = [];
      for (let i = 0; i < 5; i++) {
        const token = await patient.send('127.20.0.98', 'PUT', '/latest/api/token', {
          'x-aws-ec2-metadata-token-ttl-seconds': '60',
        });
        assert.equal(token.status, 200);
        took.push(token.ms);
      }
      // The quickest by the daemon's own bound: a machine with much else to do may be late with the others.
      assert.ok(Math.min(...took) < 50 && Math.max(...took) < 800, `${took} ms`);
      const { status, ms, body } = await waiting;
      assert.deepEqual([status, JSON.parse(body).Code], [404, 'UnknownCaller']);
      assert.ok(ms >= 990 && ms < 5_000, `${ms} ms`);
    } finally {
      await patient.close();
    }
  });

  test('the daemon logs whom every trust policy has to name', () => {
    assert.equal(
      world.lines('identity')[0]?.['arn'],
      `arn:aws:sts::${ACCOUNT}:assumed-role/${NODE_ROLE.split('/').at(-1)}/i-0123456789abcdef0`,
    );
  });
});
