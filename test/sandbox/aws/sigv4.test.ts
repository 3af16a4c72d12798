import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { buildAws, type EmulatedAws, startEmulatedAws, trusting } from '../../../src/sandbox/aws/index.ts';

interface Key {
  id: string;
  secret: string;
  token?: string;
}

const world = buildAws();
const user = world.user('operator');
world.role('node', { trust: trusting(user.arn) });

describe('the emulated AWS, looking at signatures', () => {
  let aws: EmulatedAws;
  let nowMs = Date.now();
  before(async () => {
    aws = await startEmulatedAws({ state: world.state, now: () => nowMs });
  });
  after(() => aws.close());

  const session = (seconds = 3600): Required<Key> => {
    const { credentials } = aws.sessions.issue(world.state.roles[0]!, 'i-0abc', seconds);
    return {
      id: credentials.accessKeyId,
      secret: credentials.secretAccessKey,
      token: credentials.sessionToken,
    };
  };

  function client({ id, secret, token }: Key, systemClockOffset = 0): STSClient {
    const credentials = {
      accessKeyId: id,
      secretAccessKey: secret,
      ...(token === undefined ? {} : { sessionToken: token }),
    };
    return new STSClient({
      endpoint: aws.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials,
      systemClockOffset,
    });
  }

  const refused = (who: STSClient, name: string, message: string | RegExp) =>
    assert.rejects(who.send(new GetCallerIdentityCommand({})), { name, message });

  const wrongSignature =
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
  const wrongToken = 'The security token included in the request is invalid.';

  it('refuses a key that nobody has', () =>
    refused(client({ id: 'AKIAINVENTED00000000', secret: 'x' }), 'InvalidClientTokenId', wrongToken));

  it('refuses a wrong secret', () =>
    refused(
      client({ id: user.key.id, secret: `${user.key.secret}x` }),
      'SignatureDoesNotMatch',
      wrongSignature,
    ));

  it('refuses the keys of a session without its token, or with another', async () => {
    const { id, secret } = session();
    await refused(client({ id, secret }), 'InvalidClientTokenId', wrongToken);
    await refused(client({ id, secret, token: session().token }), 'InvalidClientTokenId', wrongToken);
  });

  it("refuses a user's keys that come with a token", () =>
    refused(client({ ...user.key, token: session().token }), 'InvalidClientTokenId', wrongToken));

  it('says when a session has ended', async () => {
    const key = session(60);
    await client(key).send(new GetCallerIdentityCommand({}));
    nowMs += 61_000;
    await refused(
      client(key, 61_000),
      'ExpiredToken',
      'The security token included in the request is expired',
    );
    nowMs = Date.now();
  });

  it('refuses clocks that are more than five minutes off, either way', async () => {
    await client(user.key, -4 * 60_000).send(new GetCallerIdentityCommand({}));
    await refused(
      client(user.key, -6 * 60_000),
      'SignatureDoesNotMatch',
      /^Signature expired: \d{8}T\d{6}Z is now earlier than/,
    );
    await refused(
      client(user.key, 6 * 60_000),
      'SignatureDoesNotMatch',
      /^Signature not yet current: \d{8}T\d{6}Z is still later than/,
    );
  });

  it('refuses what was altered on the way: body, token, target and headers', async () => {
    const key = session();
    const tamper = async (
      change: (request: {
        body?: string;
        query: Record<string, string>;
        headers: Record<string, string>;
      }) => void,
    ) => {
      const altered = client(key);
      altered.middlewareStack.add(
        (next) => (args) => {
          change(args.request as never);
          return next(args);
        },
        { step: 'finalizeRequest', priority: 'low' },
      );
      await refused(altered, 'SignatureDoesNotMatch', /./);
    };
    await tamper((request) => {
      request.body = request.body!.replace('Version', 'Versioo').replace('Versioo', 'X=1&Version');
      request.headers['content-length'] = String(request.body.length);
    });
    await tamper((request) => {
      request.query['X'] = '1';
    });
    await tamper((request) => {
      request.headers['x-amz-target'] = 'unsigned';
    });
    await tamper((request) => {
      request.headers['x-amz-date'] = request.headers['x-amz-date']!.replace(/\dZ$/, (end) =>
        end === '0Z' ? '1Z' : '0Z',
      );
    });
  });

  it('asks for a signature where there is none, and for a whole one', async () => {
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`${aws.url}/?Action=GetCallerIdentity&Version=2011-06-15`, { headers });
      const text = await response.text();
      return `${response.status} ${/<Code>(.*)<\/Code>/.exec(text)?.[1]}: ${/<Message>(.*)<\/Message>/.exec(text)?.[1]}`;
    };
    assert.equal(await ask({}), '403 MissingAuthenticationToken: Request is missing Authentication Token');
    assert.equal(
      await ask({
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request, SignedHeaders=host',
      }),
      '403 IncompleteSignature: Authorization header requires &apos;Signature&apos; parameter.',
    );
    assert.match(await ask({ authorization: 'Basic eDp5' }), /^403 IncompleteSignature/);
  });

  describe('when curl signs', { skip: curlFault() }, () => {
    const run = promisify(execFile);

    async function curl(key: Key, ...args: string[]): Promise<string> {
      const token = key.token === undefined ? [] : ['-H', `X-Amz-Security-Token: ${key.token}`];
      const signing = ['--aws-sigv4', 'aws:amz:us-east-1:sts', '-u', `${key.id}:${key.secret}`, ...token];
      const { stdout } = await run('curl', ['-sS', '-m', '5', '-w', '\n%{http_code}', ...signing, ...args]);
      const code = /<Code>(.*?)<\/Code>/.exec(stdout)?.[1];
      const arn = /<Arn>(.*?)<\/Arn>/.exec(stdout)?.[1];
      return `${stdout.slice(-3)} ${code ?? arn}`;
    }
    const body = ['--data', 'Action=GetCallerIdentity&Version=2011-06-15'];

    it('takes its signature of a POST', async () => {
      assert.equal(await curl(user.key, ...body, aws.url), `200 ${user.arn}`);
      assert.match(
        await curl(session(), ...body, `${aws.url}/`),
        /^200 arn:aws:sts::\d+:assumed-role\/node\/i-0abc$/,
      );
    });

    it('takes its signature of url-encoded values', async () => {
      const target = 'arn:aws:iam::111122223333:role/team/a+b=c';
      const fields = ['Action=AssumeRole', 'Version=2011-06-15', 'RoleSessionName=x y', `RoleArn=${target}`];
      const data = fields.flatMap((field) => ['--data-urlencode', field]);
      assert.equal(await curl(user.key, ...data, aws.url), '400 ValidationError');
      assert.equal(aws.requests.at(-1)!.parameters['RoleArn'], target);
    });

    it('refuses a wrong secret and a missing token', async () => {
      assert.equal(
        await curl({ ...user.key, secret: 'wrong' }, ...body, aws.url),
        '403 SignatureDoesNotMatch',
      );
      const { id, secret } = session();
      assert.equal(await curl({ id, secret }, ...body, aws.url), '403 InvalidClientTokenId');
    });
  });

  it('keeps no secret of what was asked', () => {
    const text = JSON.stringify(aws.requests);
    assert.equal(text.includes(user.key.secret), false);
    assert.equal(text.includes(user.key.id), false);
    assert.equal(
      aws.requests.some(({ accessKeyIdEnding }) => accessKeyIdEnding === user.key.id.slice(-4)),
      true,
    );
  });
});

/** Why the real curl cannot be asked; false when it can. */
function curlFault(): string | false {
  try {
    const version = /^curl (\d+)\.(\d+)/.exec(execFileSync('curl', ['--version'], { encoding: 'utf8' }))!;
    const isNew = Number(version[1]) > 7 || Number(version[2]) >= 75;
    return isNew ? false : `${version[0]} cannot sign: --aws-sigv4 came with 7.75`;
  } catch {
    return 'there is no curl on this machine';
  }
}
