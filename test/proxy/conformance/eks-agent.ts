// The container credentials, beside the agent of EKS Pod Identity that speaks the same protocol.
import { jwt } from '../../helpers/service-account-token.ts';
import { type Area, row } from './case.ts';
import { BARE, PATHED, world } from './worlds.ts';

const FLAG = '--container-credentials';
const ADDRESS = '169.254.170.23';

interface Asked {
  pod?: string;
  host?: string;
  method?: string;
  path?: string;
  audience?: string;
  expiresInSeconds?: number;
  /** In place of a token that the API server has issued. */
  authorization?: string;
}

async function told(asked: Asked): Promise<string> {
  const one = await world(FLAG);
  const { pod = 'role-0', host = ADDRESS, method = 'GET', path = '/v1/credentials' } = asked;
  const authorization =
    asked.authorization ??
    one.api.tokens.issue({
      audiences: [asked.audience ?? 'pod-iam.dev'],
      namespace: 'shop',
      serviceAccount: 'default',
      pod: { name: pod, uid: `uid-${pod}` },
      node: 'node-1',
      expiresInSeconds: asked.expiresInSeconds ?? 3600,
    });
  const { status, headers, body } = await one.send(PATHED, method, path, {
    host,
    ...(authorization !== '' && { authorization }),
  });
  const type = String(headers['content-type']).split(';')[0];
  if (status !== 200 || body === '') return `${status} ${type}`;
  const { AccessKeyId } = JSON.parse(body) as { AccessKeyId: string };
  return `${status} ${one.aws.sessions.findKey(AccessKeyId)?.caller.arn.split('/')[1]}`;
}

const ask = (what: string, asked: Asked, eksAgent: string | null, ours: string, why: string | null = null) =>
  row(what, { eksAgent }, ours, () => told(asked), why);

export const containerCredentials: Area = {
  title: 'By a token, at 169.254.170.23',
  cases: [
    ask('the token of a pod, sent from the address of another', {}, 'that pod', '200 blue'),
    ask('Host is the address and a port', { host: `${ADDRESS}:8080` }, '200', '200 blue'),
    ask('Host is the IPv6 address', { host: '[fd00:ec2::23]' }, '200', '200 blue'),
    ask('Host is the IPv6 address and a port', { host: '[fd00:ec2::23]:4213' }, '200', '200 blue'),
    ask('Host is the IPv6 address without brackets', { host: 'fd00:ec2::23' }, '200', '200 blue'),
    ask('Host is another address', { host: '124.3.1.2' }, '403 text/plain', '403 text/plain'),
    ask('Host is a name', { host: 'localhost' }, '403 text/plain', '403 text/plain'),
    ask('no token', { authorization: '' }, '400 text/plain', '400 text/plain'),
    ask('"Bearer" before the token', { authorization: `Bearer ${jwt({})}` }, '400', '400 text/plain'),
    ask('a word in place of a token', { authorization: 'word' }, '400', '400 text/plain'),
    ask('a token that has expired', { expiresInSeconds: 0 }, '400', '400 text/plain'),
    ask('a token for another audience', { audience: 'sts.amazonaws.com' }, '4xx, by EKS', '401 text/plain'),
    ask(
      'a token that the API server has not signed',
      {
        authorization: jwt({
          ...{ aud: ['pod-iam.dev'], exp: 4_102_444_800 },
          'kubernetes.io': { pod: { name: 'role-0', uid: 'uid-role-0' } },
        }),
      },
      '4xx, by EKS',
      '401 text/plain',
    ),
    ask(
      'a token of a pod that is gone',
      { pod: 'gone' },
      'served, and renewed until the token expires',
      '403 text/plain',
      'the daemon knows the pods of its node; what a pod has ends with it',
    ),
    ask('a pod without a role', { pod: 'bare' }, '4xx, by EKS', '404 text/plain'),
    ask('a role that STS refuses', { pod: 'closed' }, '4xx, by EKS', '403 text/plain'),
    ask('a query behind the path', { path: '/v1/credentials?x=1' }, '200', '200 blue'),
    ask('a slash behind the path', { path: '/v1/credentials/' }, '404', '404 text/plain'),
    ask('another path', { path: '/v2/credentials' }, '404', '404 text/plain'),
    ask(
      'POST',
      { method: 'POST' },
      '200: any method',
      '405 text/plain',
      'SDKs send GET; nothing else is answered that nobody needs',
    ),
    ask('HEAD', { method: 'HEAD' }, '200', '200 application/json'),
    row(
      '25 bad tokens from one address within a second',
      { eksAgent: '429: so much per second for all pods together' },
      '429 text/plain',
      async () => {
        const one = await world(FLAG);
        const statuses = new Set<string>();
        for (let nth = 0; nth < 25; nth++) {
          const authorization = jwt({
            ...{ aud: ['pod-iam.dev'], exp: 4_102_444_800, jti: nth },
            'kubernetes.io': { pod: { name: 'role-0', uid: 'uid-role-0' } },
          });
          const answer = await one.send(BARE, 'GET', '/v1/credentials', { host: ADDRESS, authorization });
          statuses.add(`${answer.status} ${answer.headers['content-type']}`);
        }
        return [...statuses].at(-1)!;
      },
      'good tokens do not count, so that no pod slows another',
    ),
    row(
      'its fields',
      { eksAgent: 'AccessKeyId SecretAccessKey Token AccountId Expiration' },
      'AccessKeyId SecretAccessKey Token AccountId Expiration',
      async () => {
        const one = await world(FLAG);
        const authorization = one.api.tokens.issue({
          ...{ audiences: ['pod-iam.dev'], namespace: 'shop', serviceAccount: 'default', node: 'node-1' },
          pod: { name: 'role-0', uid: 'uid-role-0' },
          expiresInSeconds: 3600,
        });
        const { body } = await one.send(PATHED, 'GET', '/v1/credentials', { host: ADDRESS, authorization });
        return Object.keys(JSON.parse(body) as object).join(' ');
      },
    ),
    row('the same path while the flag is off', {}, '404', async () => {
      const one = await world();
      const token = await one.token(PATHED);
      const headers = { 'x-aws-ec2-metadata-token': token };
      return String((await one.send(PATHED, 'GET', '/v1/credentials', headers)).status);
    }),
  ],
};
