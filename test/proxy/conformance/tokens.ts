// Session tokens: who gets one, and what needs one.
import { get, passed } from './asks.ts';
import { type Area, type Peers, row } from './case.ts';
import { CREDENTIALS, NOBODY, PATHED, POD, send, world } from './worlds.ts';

const FORWARDED = { kube2iam: 'forwarded', kiam: 'forwarded', metadataproxy: '405' };

const token = (
  what: string,
  method: string,
  headers: Record<string, string>,
  peers: Peers,
  ours: string,
  why: string | null = peers === FORWARDED ? 'as EC2' : null,
) =>
  row(
    what,
    peers,
    ours,
    async () => {
      const { status } = await send('/latest/api/token', { method, headers, token: false });
      return String(status);
    },
    why,
  );
const ttl = (value: string) => ({ 'x-aws-ec2-metadata-token-ttl-seconds': value });

export const tokens: Area = {
  title: 'Session tokens (IMDSv2)',
  cases: [
    token(
      'PUT',
      'PUT',
      ttl('21600'),
      FORWARDED,
      '200',
      'its own tokens, bound to the address, so that they hold on the credential paths',
    ),
    token('PUT with a lifetime of a second', 'PUT', ttl('1'), FORWARDED, '200'),
    token('PUT without a lifetime', 'PUT', {}, FORWARDED, '400'),
    token('PUT with a lifetime of 0', 'PUT', ttl('0'), FORWARDED, '400'),
    token('PUT with a lifetime over 6 hours', 'PUT', ttl('21601'), FORWARDED, '400'),
    token('PUT with words for a lifetime', 'PUT', ttl('long'), FORWARDED, '400'),
    ...['-1', '+1', '1.5', '1e3', '0x10', '60s', '60, 60', '', '99999999999'].map((value) =>
      token(`PUT with the lifetime \`${value}\``, 'PUT', ttl(value), {}, '400'),
    ),
    token('PUT with the lifetime `000060`', 'PUT', ttl('000060'), {}, '200'),
    token('PUT with a lifetime and blanks around it', 'PUT', ttl('  60 '), { ec2: '200' }, '200'),
    token(
      'PUT with X-Forwarded-For',
      'PUT',
      { ...ttl('60'), 'x-forwarded-for': '10.0.0.1' },
      FORWARDED,
      '403',
      'as EC2',
    ),
    token('GET', 'GET', {}, { kube2iam: 'forwarded', ec2: '405' }, '405'),
    ...['HEAD', 'POST', 'DELETE', 'OPTIONS', 'PATCH'].map((method) =>
      token(method, method, ttl('60'), { kube2iam: 'forwarded' }, '405'),
    ),
    row(
      'PUT with a slash behind the path',
      { ec2: '403' },
      '200',
      async () => {
        const { status } = await send('/latest/api/token/', {
          method: 'PUT',
          headers: ttl('60'),
          token: false,
        });
        return String(status);
      },
      'it means the same, and who writes it has no credentials otherwise',
    ),
    row('PUT from an address that no pod has', { kube2iam: 'forwarded', ec2: '200' }, '200', async () => {
      const one = await world();
      return String((await one.send(NOBODY, 'PUT', '/latest/api/token', ttl('60'))).status);
    }),
    row(
      'the form of a token, and of the answer',
      { ec2: '56 characters of base64, text/plain, EC2ws' },
      'some 50 characters, text/plain, EC2ws',
      async () => {
        const answer = await send('/latest/api/token', { method: 'PUT', headers: ttl('60'), token: false });
        const { 'content-type': type, server } = answer.headers;
        const characters = /^[\w.-]{48,56}$/.test(answer.body) ? 'some 50 characters' : answer.body;
        return `${characters}, ${type}, ${server}`;
      },
    ),
    row('the lifetime that comes back', { kube2iam: "EC2's" }, '60', async () => {
      const { headers } = await send('/latest/api/token', {
        method: 'PUT',
        headers: ttl('60'),
        token: false,
      });
      return String(headers['x-aws-ec2-metadata-token-ttl-seconds']);
    }),
    get(
      'credentials without a token',
      `${CREDENTIALS}blue`,
      { kube2iam: '200', kiam: '200', metadataproxy: '200' },
      '401 Unauthorized',
      "that is what keeps requests forged through a pod's own server (SSRF) out",
      { token: false },
    ),
    get(
      'credentials without a token, --imds-tokens=optional',
      `${CREDENTIALS}blue`,
      { kube2iam: '200', kiam: '200', metadataproxy: '200' },
      '200 document',
      null,
      { token: false, flags: ['--imds-tokens=optional'] },
    ),
    get(
      'credentials with a made-up token',
      `${CREDENTIALS}blue`,
      { kube2iam: '200', kiam: '200' },
      '401 Unauthorized',
      'as EC2',
      { token: false, headers: { 'x-aws-ec2-metadata-token': 'BOGUS' } },
    ),
    get(
      'credentials with a made-up token, --imds-tokens=optional',
      `${CREDENTIALS}blue`,
      { kube2iam: '200', kiam: '200', ec2: '401' },
      '401 Unauthorized',
      'as EC2',
      { token: false, headers: { 'x-aws-ec2-metadata-token': 'BOGUS' }, flags: ['--imds-tokens=optional'] },
    ),
    get('what does not exist, without a token', '/nothing', { ec2: '401' }, '401 Unauthorized', null, {
      token: false,
    }),
    row(
      'credentials with the token of another pod',
      { kube2iam: '200', kiam: '200' },
      '401',
      async () => {
        const one = await world();
        const theirs = await one.token(PATHED);
        return String(
          (await one.send(POD, 'GET', CREDENTIALS, { 'x-aws-ec2-metadata-token': theirs })).status,
        );
      },
      'a token is bound to the address that asked for it',
    ),
    passed(
      'a path that is passed through, with a token',
      '/latest/meta-data/instance-id',
      { kube2iam: '200, forwarded', kiam: '404', metadataproxy: 'forwarded' },
      '200 i-0123456789abcdef0, forwarded',
      "with the daemon's own token and none of the caller's headers",
    ),
  ],
};
