// Whose credentials the daemon calls STS with.
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, mock, test } from 'node:test';
import { Gate } from '../../../src/proxy/credentials/gate.ts';
import { type OwnSource, ownSource } from '../../../src/proxy/credentials/own.ts';
import { type Sts, stsClient } from '../../../src/proxy/credentials/sts.ts';
import type { CredentialFailure } from '../../../src/proxy/credentials/types.ts';
import { type Imds, imdsClient } from '../../../src/proxy/imds.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  type EmulatedImds,
  startEmulatedAws,
  startEmulatedImds,
  trusting,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';

const noExchange = () => Promise.reject(new Error('not to be asked'));

describe("the daemon's own credentials", () => {
  let aws: EmulatedAws;
  let metadata: EmulatedImds;
  let imds: Imds;
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-'));

  before(async () => {
    const builder = buildAws();
    builder.role('node', { trust: trustingEc2() });
    builder.user('daemon', { keys: [{ id: 'AKIADAEMON0000000001', secret: 'of-the-daemon' }] });
    aws = await startEmulatedAws({ state: builder.state });
    metadata = await startEmulatedImds({
      aws,
      instance: {
        id: 'i-1',
        account: '111122223333',
        region: 'eu-west-1',
        zone: 'eu-west-1a',
        privateIp: '10.0.0.1',
        role: 'node',
      },
    });
    const { hostname, port } = new URL(metadata.url);
    imds = imdsClient(hostname, Number(port));
  });
  after(async () => {
    imds.close();
    await Promise.all([aws.close(), metadata.close()]);
    rmSync(folder, { recursive: true });
  });

  const caller = async (own: OwnSource): Promise<string> => {
    const sts = stsClient(
      {
        endpoint: aws.url,
        region: async () => 'eu-west-1',
        gate: new Gate(),
        ownArn: () => null,
        onCall: () => {},
      },
      () => own,
    );
    try {
      return await sts.caller();
    } finally {
      sts.close();
    }
  };

  test('are the keys in the environment, and the instance is then not asked', async () => {
    const asked = metadata.requests.length;
    const environment = { AWS_ACCESS_KEY_ID: 'AKIADAEMON0000000001', AWS_SECRET_ACCESS_KEY: 'of-the-daemon' };
    assert.equal(
      await caller(ownSource(environment, imds, noExchange)),
      'arn:aws:iam::111122223333:user/daemon',
    );
    assert.equal(metadata.requests.length, asked);
  });

  test('are those of the instance otherwise, read with a session token and only once', async () => {
    const own = ownSource({}, imds, noExchange);
    assert.equal(await caller(own), 'arn:aws:sts::111122223333:assumed-role/node/i-1');
    const asked = metadata.requests.length;
    await Promise.all([own.read(), own.read(), own.read()]);
    assert.equal(metadata.requests.length, asked);
  });

  test('an instance without a role is a failure of the daemon, not of the pod', async () => {
    metadata.instance = { ...metadata.instance, role: null };
    await assert.rejects(ownSource({}, imds, noExchange).read(), (error: CredentialFailure) => {
      assert.equal(
        error.message,
        'the daemon has no AWS credentials of its own: the instance has no role (its metadata service lists none)',
      );
      assert.deepEqual([error.kind, error.check], ['own', 'ID010']);
      return true;
    });
    metadata.instance = { ...metadata.instance, role: 'node' };
  });

  test('wrong keys are told as such', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIADAEMON0000000001', AWS_SECRET_ACCESS_KEY: 'wrong' };
    await assert.rejects(caller(ownSource(environment, imds, noExchange)), {
      message: "STS does not accept the daemon's own credentials: SignatureDoesNotMatch",
    });
  });

  describe('a web identity token', () => {
    const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/ABC';
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const file = join(folder, 'web-token');
    const environment = {
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/irsa',
      AWS_ROLE_SESSION_NAME: 'node-7',
    };
    /** As the kubelet writes it: anew well before it expires. */
    const project = (expiresInSeconds = 3600, key = privateKey): string => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = {
        iss: `https://${ISSUER}`,
        sub: 'system:serviceaccount:pod-iam:pod-iam',
        aud: ['sts.amazonaws.com'],
        exp: Math.floor(Date.now() / 1000) + expiresInSeconds,
        jti: randomUUID(),
      };
      const signed = `${part({ alg: 'RS256' })}.${part(claims)}`;
      const token = `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
      writeFileSync(file, `${token}\n`);
      return token;
    };
    let web: EmulatedAws;
    let sts: Sts;
    let own: OwnSource;
    let asked: () => Record<string, string>[];

    beforeEach(async () => {
      const builder = buildAws();
      const trust = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${ISSUER}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${ISSUER}:sub`]: 'system:serviceaccount:pod-iam:pod-iam',
                [`${ISSUER}:aud`]: 'sts.amazonaws.com',
              },
            },
          },
        ],
      };
      builder.role('irsa', { trust });
      web = await startEmulatedAws({ state: builder.state, issuers: new Map([[ISSUER, publicKey]]) });
      sts = stsClient(
        {
          endpoint: web.url,
          region: async () => 'eu-west-1',
          gate: new Gate(),
          ownArn: () => null,
          onCall: () => {},
        },
        () => own,
      );
      own = ownSource(environment, imds, sts.exchange);
      asked = () =>
        web.requests
          .filter(({ action }) => action === 'AssumeRoleWithWebIdentity')
          .map(({ parameters }) => parameters);
    });
    afterEach(async () => {
      sts.close();
      await web.close();
    });

    test('is exchanged for a session of the role, which then signs, and the instance is not asked', async () => {
      const token = project();
      const before = metadata.requests.length;
      assert.equal(await sts.caller(), 'arn:aws:sts::111122223333:assumed-role/irsa/node-7');
      assert.deepEqual(
        asked().map(({ WebIdentityToken }) => WebIdentityToken),
        [token],
      );
      assert.equal(metadata.requests.length, before);
    });

    test('is read anew from its file for each exchange', async () => {
      const first = project();
      await own.read();
      const second = project();
      await own.read();
      assert.equal(asked().length, 1, 'what is still good is not exchanged');
      own.doubt();
      mock.method(performance, 'now', () => 3_600_000);
      await own.read();
      mock.restoreAll();
      assert.deepEqual(
        asked().map(({ WebIdentityToken }) => WebIdentityToken),
        [first, second],
      );
    });

    test('that has expired or is signed by somebody else is a failure of the daemon that says so', async () => {
      const lead =
        "the daemon has no AWS credentials of its own: STS does not accept the daemon's own credentials";
      project(-1);
      await assert.rejects(own.read(), { message: `${lead}: ExpiredTokenException` });
      project(3600, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
      await assert.rejects(own.read(), { message: `${lead}: InvalidIdentityToken` });
    });
  });

  test('that STS no longer accepts are read anew, though they say that they last', async () => {
    let reads = 0;
    const told: Imds = {
      async get(path) {
        const isListing = path.endsWith('/');
        const document = {
          Code: 'Success',
          AccessKeyId: `ASIA${isListing ? reads : ++reads}`,
          SecretAccessKey: 's',
          Expiration: new Date(Date.now() + 3_600_000).toISOString(),
        };
        return { status: 200, headers: {}, body: Buffer.from(isListing ? 'node' : JSON.stringify(document)) };
      },
      close() {},
    };
    const own = ownSource({}, told, noExchange);
    assert.equal((await own.read()).accessKeyId, 'ASIA1');
    own.doubt();
    assert.equal((await own.read()).accessKeyId, 'ASIA1', 'not more than once in five seconds');
    mock.method(performance, 'now', () => 3_600_000);
    assert.equal((await own.read()).accessKeyId, 'ASIA2');
    assert.equal((await own.read()).accessKeyId, 'ASIA2');
    mock.restoreAll();
  });

  test('of a user may ask for more than an hour; those of a role session may not', async () => {
    const builder = buildAws();
    const { arn, key } = builder.user('daemon', { policy: allowing('sts:AssumeRole') });
    builder.role('long', { trust: trusting(arn), maxSessionSeconds: 43_200 });
    const one = await startEmulatedAws({ state: builder.state });
    const given = ownSource(
      { AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret },
      imds,
      noExchange,
    );
    const lifeFor = async (ownArn: string): Promise<number> => {
      const sts = stsClient(
        {
          endpoint: one.url,
          region: async () => 'eu-west-1',
          gate: new Gate(),
          ownArn: () => ownArn,
          onCall: () => {},
        },
        () => given,
      );
      const identity = {
        roleArn: 'arn:aws:iam::111122223333:role/long',
        externalId: null,
        sessionName: 'shop.web',
        durationSeconds: 43_200,
      };
      const { lifeMs } = await sts.issue(identity, () => false);
      sts.close();
      return Math.round(lifeMs / 60_000);
    };
    assert.equal(await lifeFor(arn), 720);
    assert.equal(await lifeFor('arn:aws:sts::111122223333:assumed-role/node/i-1'), 60);
    await one.close();
  });

  test('where STS does not say who that is, the instance does, and a chain is a chain all the same', async () => {
    const asked: URLSearchParams[] = [];
    const stub = createServer(async (request, response) => {
      const form = new URLSearchParams(await text(request));
      asked.push(form);
      const arn = identityArn && form.get('Action') === 'GetCallerIdentity';
      response
        .writeHead(arn ? 200 : 400)
        .end(arn ? `<Arn>${identityArn}</Arn>` : '<Code>InvalidAction</Code>');
    }).listen(0, '127.0.0.1');
    await once(stub, 'listening');
    let identityArn: string | null = null;
    const sts = stsClient(
      {
        endpoint: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`,
        region: async () => 'eu-west-1',
        gate: new Gate(),
        ownArn: () => 'arn:aws:sts::111122223333:user/moto',
        onCall: () => {},
      },
      () => ownSource({}, imds, noExchange),
    );
    const session = 'arn:aws:sts::111122223333:assumed-role/node/i-1';
    assert.equal(await sts.caller(), session);
    identityArn = 'arn:aws:sts::111122223333:user/moto';
    assert.equal(await sts.caller(), session);
    identityArn = 'arn:aws:sts::111122223333:assumed-role/node/i-9';
    assert.equal(await sts.caller(), identityArn);
    const identity = {
      roleArn: 'arn:aws:iam::111122223333:role/long',
      externalId: null,
      sessionName: 'shop.web',
      durationSeconds: 43_200,
    };
    await assert.rejects(sts.issue(identity, () => false));
    assert.equal(asked.at(-1)?.get('DurationSeconds'), '3600');
    sts.close();
    stub.close();
  });
});
