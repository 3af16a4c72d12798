// Session tokens: who gets one, and what needs one.
import { get, passed } from './asks.ts';
import { type Area, type Peers, row } from './case.ts';
import { CREDENTIALS, PATHED, POD, send, world } from './worlds.ts';

const token = (
  what: string,
  method: string,
  headers: Record<string, string>,
  peers: Peers,
  ours: string,
  why: string | null = null,
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
const FORWARDED = { kube2iam: 'forwarded', kiam: 'forwarded', metadataproxy: '405' };

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
    token(
      'PUT with X-Forwarded-For',
      'PUT',
      { ...ttl('60'), 'x-forwarded-for': '10.0.0.1' },
      FORWARDED,
      '403',
      'as EC2',
    ),
    token('GET', 'GET', {}, { kube2iam: 'forwarded' }, '405'),
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
