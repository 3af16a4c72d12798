// One call to STS on the wire: signed by the right clock, ended in time, and its refusals named.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type StsCaller, stsCaller } from '../../../src/proxy/credentials/sts-call.ts';

describe('a call to STS', () => {
  let caller: StsCaller;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const requests: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body });
    answer(request, response);
  });
  before(async () => {
    caller = stsCaller();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  after(() => {
    caller.close();
    server.closeAllConnections();
    server.close();
  });

  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret', sessionToken: 'session' };
  const send = (signedBy: typeof credentials | null = credentials) =>
    caller.send({
      action: 'AssumeRole',
      parameters: { RoleArn: 'arn:aws:iam::1:role/a b', Tag: 'ü+&=' },
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-west-1',
      credentials: signedBy,
    });

  test('carries its parameters as a form, and a signature with the session token', async () => {
    answer = (_request, response) => response.end('<Arn>a</Arn>');
    await send();
    const { headers, body } = requests.at(-1)!;
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::1:role/a b',
      Tag: 'ü+&=',
    });
    assert.match(
      headers.authorization!,
      /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/eu-west-1\/sts\/aws4_request, /,
    );
    assert.equal(headers['x-amz-security-token'], 'session');
  });

  test('carries no signature when it has no credentials', async () => {
    await send(null);
    assert.equal(requests.at(-1)!.headers.authorization, undefined);
  });

  test('is signed by the clock of STS once that is known to be another', async () => {
    const theirs = Date.now() + 3 * 3_600_000;
    answer = (_request, response) =>
      response
        .writeHead(403, { date: new Date(theirs).toUTCString() })
        .end('<Code>SignatureDoesNotMatch</Code>');
    await assert.rejects(send());
    answer = (_request, response) => response.end('<Arn>a</Arn>');
    await send();
    const signedAt = requests.at(-1)!.headers['x-amz-date'] as string;
    const [, day, hour] = /^(\d{8})T(\d{2})/.exec(signedAt)!;
    const wanted = new Date(theirs).toISOString();
    assert.equal(`${day} ${hour}`, `${wanted.slice(0, 10).replaceAll('-', '')} ${wanted.slice(11, 13)}`);
  });

  test('reads a field with its entities, and misses one that is not there', async () => {
    answer = (_request, response) =>
      response.end(
        '<Arn>a&amp;&#x62;&lt;&#99;</Arn><Expiration>soon</Expiration><SecretAccessKey></SecretAccessKey>',
      );
    const { field, date } = await send();
    assert.equal(field('Arn'), 'a&b<c');
    assert.equal(field('Missing', 'stand-in'), 'stand-in');
    const malformed = (name: string) => ({ name: 'MalformedAnswer', message: `the answer has no ${name}` });
    assert.throws(() => field('Missing'), malformed('Missing'));
    assert.throws(() => date('Expiration'), malformed('Expiration'));
    assert.throws(() => field('SecretAccessKey'), malformed('SecretAccessKey'));
  });

  test('names a refusal by its code, and one without a code as unknown', async () => {
    answer = (_request, response) =>
      response
        .writeHead(403)
        .end('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>');
    await assert.rejects(send(), { name: 'AccessDenied', message: 'no', $metadata: { httpStatusCode: 403 } });
    answer = (_request, response) => response.writeHead(502).end('<html>bad gateway</html>');
    await assert.rejects(send(), { name: 'UnknownError', $metadata: { httpStatusCode: 502 } });
  });

  test('fails with the code of the network when the connection breaks, and when the answer is endless', async () => {
    answer = (_request, response) => response.destroy();
    await assert.rejects(send(), { code: 'ECONNRESET' });
    answer = (_request, response) => response.end('x'.repeat(300_000));
    await assert.rejects(send(), { message: 'the answer is too long' });
  });
});
