// The access entries of EKS, asked of a server that checks each signature as AWS does.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { readNodeEntries } from '../../src/aws/eks.ts';
import type { AwsError } from '../../src/sandbox/aws/errors.ts';
import { verifySignature } from '../../src/sandbox/aws/sigv4.ts';

const account = '111122223333';
const entry = (kind: string, name: string): string => `arn:aws:iam::${account}:${kind}/${name}`;
const types: Record<string, string> = {
  [entry('role', 'kops/nodes')]: 'EC2_LINUX',
  [entry('role', 'windows')]: 'EC2_WINDOWS',
  [entry('role', 'admins')]: 'STANDARD',
  [entry('user', 'me')]: 'STANDARD',
};
const asIs = <T>(_call: unknown, ask: () => Promise<T>): Promise<T> => ask();

describe('the access entries of EKS', () => {
  let endpoint = '';
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const key = { secret: 'secret', sessionToken: null, expiresAtMs: null };
    const headers = request.headers as Record<string, string>;
    const target = request.url!;
    const answer = (status: number, body: object, more: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(JSON.stringify(body));
    };
    try {
      const signed = { method: 'GET', target, headers, body: Buffer.alloc(0) };
      const find = (id: string) => (id === 'AKIAEXAMPLE' ? key : undefined);
      assert.equal(verifySignature(signed, find, Date.now()).service, 'eks');
    } catch (error) {
      const { code, message } = error as AwsError;
      answer(403, { message }, { 'x-amzn-errortype': `${code}:http://internal/`, 'x-amzn-requestid': 'r-1' });
      return;
    }
    asked.push(target);
    const [path, query = ''] = target.split('?');
    const rest = path!.slice('/clusters/prod/access-entries'.length);
    const arns = Object.keys(types);
    if (rest !== '') answer(200, { accessEntry: { type: types[decodeURIComponent(rest.slice(1))] } });
    else if (query.includes('nextToken')) answer(200, { accessEntries: arns.slice(2) });
    else answer(200, { accessEntries: arns.slice(0, 2), nextToken: 'a/b=' });
  });
  before(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const read = (secretAccessKey: string): Promise<string[]> =>
    readNodeEntries(
      {
        region: 'eu-west-1',
        env: { AWS_ENDPOINT_URL: endpoint },
        credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey },
      },
      'prod',
      asIs,
    );

  it('are those of nodes, of all pages', async () => {
    assert.deepEqual(await read('secret'), [entry('role', 'kops/nodes'), entry('role', 'windows')]);
    assert.equal(asked.filter((target) => target.includes('nextToken=a%2Fb%3D')).length, 1);
    assert.ok(
      asked.some((target) => target.endsWith('/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fkops%2Fnodes')),
    );
  });

  it('are refused in the words of AWS', async () => {
    await assert.rejects(read('wrong'), {
      name: 'SignatureDoesNotMatch',
      message: /signature we calculated does not match/,
    });
  });
});
