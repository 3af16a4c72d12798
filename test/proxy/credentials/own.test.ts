// Whose credentials the daemon calls STS with.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gate } from '../../../src/proxy/credentials/gate.ts';
import { type OwnSource, ownSource } from '../../../src/proxy/credentials/own.ts';
import { stsClient } from '../../../src/proxy/credentials/sts.ts';
import type { CredentialFailure } from '../../../src/proxy/credentials/types.ts';
import { type Imds, imdsClient } from '../../../src/proxy/imds.ts';
import {
  buildAws,
  type EmulatedAws,
  type EmulatedImds,
  startEmulatedAws,
  startEmulatedImds,
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

  test('a web identity token is exchanged at STS without a signature, and read anew each time', async () => {
    const forms: URLSearchParams[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      forms.push(new URLSearchParams(Buffer.concat(chunks).toString()));
      assert.equal(request.headers.authorization, undefined);
      const expiration = new Date(Date.now() + 60_000).toISOString();
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(
          `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
        );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const file = join(folder, 'token');
    writeFileSync(file, 'first\n');
    const sts = stsClient(
      {
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        region: async () => 'eu-west-1',
        gate: new Gate(),
        ownArn: () => null,
        onCall: () => {},
      },
      () => own,
    );
    const own = ownSource(
      { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/daemon' },
      imds,
      sts.exchange,
    );
    const { accessKeyId } = await own.read();
    assert.equal(accessKeyId, 'ASIAWEB');
    assert.equal(forms[0]?.get('WebIdentityToken'), 'first');
    assert.equal(forms[0]?.get('RoleArn'), 'arn:aws:iam::111122223333:role/daemon');
    sts.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
});
