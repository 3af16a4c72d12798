import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  buildAws,
  type EmulatedAws,
  type EmulatedImds,
  startEmulatedAws,
  startEmulatedImds,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';

const world = buildAws();
world.role('kops/node', { trust: trustingEc2() });

describe('the emulated instance metadata service', () => {
  let aws: EmulatedAws;
  let imds: EmulatedImds;
  let nowMs = Date.now();

  before(async () => {
    aws = await startEmulatedAws({ state: world.state, now: () => nowMs });
    const instance = {
      id: 'i-0abc',
      account: '111122223333',
      region: 'eu-west-1',
      zone: 'eu-west-1a',
      privateIp: '10.0.0.7',
      role: 'node',
      userData: '#!/bin/sh\n',
    };
    imds = await startEmulatedImds({ aws, instance, now: () => nowMs });
  });
  after(() => Promise.all([imds.close(), aws.close()]));

  const ask = async (path: string, init: { method?: string; headers?: Record<string, string> } = {}) => {
    const response = await fetch(imds.url + path, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  const putToken = (headers: Record<string, string>) => ask('/latest/api/token', { method: 'PUT', headers });
  const token = async (ttl = '60'): Promise<Record<string, string>> => ({
    'x-aws-ec2-metadata-token': (await putToken({ 'x-aws-ec2-metadata-token-ttl-seconds': ttl })).body,
  });

  it('hands out tokens as EC2 does', async () => {
    const answer = await putToken({ 'x-aws-ec2-metadata-token-ttl-seconds': '21600' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-aws-ec2-metadata-token-ttl-seconds'), '21600');
    for (const ttl of ['0', '21601', '', 'x', '-1']) {
      assert.equal((await putToken({ 'x-aws-ec2-metadata-token-ttl-seconds': ttl })).status, 400, ttl);
    }
    assert.equal((await putToken({})).status, 400);
    const forwarded = { 'x-aws-ec2-metadata-token-ttl-seconds': '60', 'x-forwarded-for': '10.0.0.1' };
    assert.equal((await putToken(forwarded)).status, 403);
    assert.equal((await ask('/latest/api/token')).status, 405);
  });

  it('answers with a token alone, unless IMDSv1 is allowed', async () => {
    assert.equal((await ask('/latest/meta-data/instance-id')).status, 401);
    assert.equal((await ask('/latest/meta-data/instance-id', { headers: await token() })).body, 'i-0abc');
    imds.httpTokens = 'optional';
    assert.equal((await ask('/latest/meta-data/instance-id')).body, 'i-0abc');
    assert.equal(
      (await ask('/latest/meta-data/instance-id', { headers: { 'x-aws-ec2-metadata-token': 'bad' } })).status,
      401,
    );
    imds.httpTokens = 'required';
  });

  it('lets a token expire', async () => {
    const headers = await token('1');
    nowMs += 1001;
    assert.equal((await ask('/latest/meta-data/instance-id', { headers })).status, 401);
  });

  it('serves the documents that SDKs and daemons ask for', async () => {
    const headers = await token();
    const get = async (path: string) => {
      const { status, body } = await ask(path, { headers });
      return status === 200 ? body : status;
    };
    assert.equal(await get('/latest/meta-data/placement/availability-zone/'), 'eu-west-1a');
    assert.equal(await get('/latest/meta-data/placement/region'), 'eu-west-1');
    assert.equal(await get('/latest/meta-data/placement/'), 'availability-zone\nregion');
    assert.equal(
      await get('/latest/meta-data/iam/'),
      'info\nsecurity-credentials/\nsecurity-credentials-extended/',
    );
    assert.equal(
      JSON.parse(String(await get('/latest/dynamic/instance-identity/document'))).accountId,
      '111122223333',
    );
    assert.equal(
      JSON.parse(String(await get('/latest/meta-data/iam/info'))).InstanceProfileArn,
      'arn:aws:iam::111122223333:instance-profile/kops/node',
    );
    assert.equal(await get('/latest/user-data'), '#!/bin/sh\n');
    assert.equal(await get('/latest/meta-data/iam/security-credentials/'), 'node');
    assert.equal(await get('/1.0/meta-data/iam/security-credentials'), 'node');
    assert.equal(await get('/latest/meta-data/iam/security-credentials-extended/'), 'node');
    assert.equal(await get('/latest/meta-data/iam/security-credentials/other'), 404);
    assert.equal(await get('/latest/nothing'), 404);
  });

  it('is as easy to reach by twisted paths as the real one', async () => {
    const headers = await token();
    for (const path of [
      '//latest//meta-data/iam/security-credentials/node',
      '/latest/meta-data/%69am/security-credentials/node',
    ]) {
      assert.equal((await ask(path, { headers })).status, 200, path);
    }
  });

  it("gives keys that STS takes for the instance's role, and the same ones until they near their end", async () => {
    const document = async (path: string) => JSON.parse((await ask(path, { headers: await token() })).body);
    const whoIs = async (path: string) => {
      const { Code, Type, AccessKeyId, SecretAccessKey, Token, Expiration } = await document(path);
      assert.deepEqual([Code, Type], ['Success', 'AWS-HMAC']);
      assert.match(Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
      const sts = new STSClient({ endpoint: aws.url, region: 'eu-west-1', credentials });
      return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
    };
    const path = '/latest/meta-data/iam/security-credentials/node';
    assert.equal(await whoIs(path), 'arn:aws:sts::111122223333:assumed-role/node/i-0abc');
    const ec2 = '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance';
    assert.equal(await whoIs(ec2), 'arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-0abc');
    const first = await document(path);
    assert.deepEqual(await document(path), first);
    nowMs += 5.95 * 3600_000;
    assert.notEqual((await document(path)).AccessKeyId, first.AccessKeyId);
  });

  it('has no iam folder without a role', async () => {
    imds.instance.role = null;
    assert.equal(
      (await ask('/latest/meta-data/iam/security-credentials/', { headers: await token() })).status,
      404,
    );
    imds.instance.role = 'node';
  });

  it('remembers who asked for what', () => {
    const bypass = imds.requests.find(
      ({ path }) => path === '/latest/meta-data/iam/security-credentials/other',
    )!;
    assert.deepEqual(
      { ...bypass, atMs: 0 },
      {
        atMs: 0,
        method: 'GET',
        path: '/latest/meta-data/iam/security-credentials/other',
        from: '127.0.0.1',
        hasToken: true,
        status: 404,
      },
    );
  });
});
