// What is answered to a request on the intercepted address.
import { type Area, type Peers, row } from './case.ts';
import {
  andForwarded,
  answer,
  BARE,
  BASE,
  CLOSED,
  CREDENTIALS,
  CROSS,
  FORBIDDEN,
  NOBODY,
  PATHED,
  POD,
  type Sent,
  send,
  world,
} from './worlds.ts';

const get = (
  what: string,
  path: string,
  peers: Peers,
  ours: string,
  why: string | null = null,
  sent: Sent = {},
) => row(what, peers, ours, () => answer(path, sent), why);

const passed = (
  what: string,
  path: string,
  peers: Peers,
  ours: string,
  why: string | null = null,
  sent: Sent = {},
) => row(what, peers, ours, () => andForwarded(path, sent), why);

const restricted = { flags: ['--namespace-restrictions'] };
const LISTING = '/latest/meta-data/iam/security-credentials';

export const listing: Area = {
  title: 'The listing',
  cases: [
    get(
      'with its slash',
      CREDENTIALS,
      { kube2iam: '200 blue', kiam: '200 blue', metadataproxy: '200 blue' },
      '200 blue',
    ),
    get(
      'without its slash',
      LISTING,
      { kube2iam: '200 blue', kiam: '301', metadataproxy: 'redirect' },
      '200 blue',
      'SDKs that follow no redirect work as well',
    ),
    get(
      'of another API version',
      '/2009-04-04/meta-data/iam/security-credentials/',
      { kube2iam: '200 blue', kiam: '200 blue' },
      '200 blue',
    ),
    get(
      'of a version of numbers',
      '/1.0/meta-data/iam/security-credentials/',
      { kube2iam: '200 blue', metadataproxy: 'forwarded' },
      '200 blue',
    ),
    get(
      'of a role of another account',
      CREDENTIALS,
      { kube2iam: '200 and the ARN', kiam: '200 and the annotation' },
      '200 arn:aws:iam::999999999999:role/x/cross',
      null,
      { from: CROSS },
    ),
    get(
      'of a role with a path',
      CREDENTIALS,
      { kube2iam: '200 team/green', kiam: '200 team/green' },
      '200 team/green',
      null,
      { from: PATHED },
    ),
    get(
      'of a pod without annotation',
      CREDENTIALS,
      { kube2iam: '404, or an empty 200', kiam: '404', metadataproxy: '404' },
      '404 NoRole',
      null,
      { from: BARE },
    ),
    get(
      'from an address that no pod has',
      CREDENTIALS,
      { kube2iam: '404 after 2 to 2.7 s', kiam: '500 after 4 to 5 s', metadataproxy: '404' },
      '404 UnknownCaller',
      'within --pod-wait, 900 ms by default: SDKs give up after a second',
      { from: NOBODY },
    ),
    row(
      'its content type, and its end',
      { kube2iam: 'text/plain, no newline', kiam: 'text/plain, no newline' },
      'text/plain, no newline',
      async () => {
        const { headers, body } = await send(CREDENTIALS);
        return `${headers['content-type']}, ${body.endsWith('\n') ? 'newline' : 'no newline'}`;
      },
    ),
    row('the Server header', { kube2iam: 'EC2ws' }, 'EC2ws', async () =>
      String((await send(CREDENTIALS)).headers['server']),
    ),
  ],
};

export const documents: Area = {
  title: 'The document',
  cases: [
    get(
      'by name',
      `${CREDENTIALS}blue`,
      { kube2iam: '200', kiam: '200', metadataproxy: '200' },
      '200 document',
    ),
    get(
      'by ARN',
      `${CREDENTIALS}arn:aws:iam::111122223333:role/blue`,
      { kube2iam: '200', kiam: '200' },
      '200 document',
    ),
    get(
      'by path and name',
      `${CREDENTIALS}team/green`,
      { kube2iam: '200', kiam: '200' },
      '200 document',
      null,
      { from: PATHED },
    ),
    get(
      'by name without its path',
      `${CREDENTIALS}green`,
      { kube2iam: '403', kiam: '500' },
      '403 OtherRole',
      null,
      { from: PATHED },
    ),
    get(
      'with a slash behind',
      `${CREDENTIALS}blue/`,
      { kube2iam: '403', kiam: '500', metadataproxy: '200' },
      '200 document',
    ),
    get(
      'with two slashes before',
      `${CREDENTIALS}/blue`,
      { kube2iam: '301', kiam: '301' },
      '200 document',
      'SDKs with an endpoint that ends in a slash ask so',
    ),
    get(
      'of another role',
      `${CREDENTIALS}red`,
      { kube2iam: '403', kiam: '500', metadataproxy: '404' },
      '403 OtherRole',
    ),
    get(
      "of the node's role",
      `${CREDENTIALS}node`,
      { kube2iam: '403', kiam: '500', metadataproxy: '404' },
      '403 OtherRole',
    ),
    get('of a role in another case', `${CREDENTIALS}Blue`, { kube2iam: '403', kiam: '500' }, '403 OtherRole'),
    get(
      'with more behind the role',
      `${CREDENTIALS}blue/x`,
      { kube2iam: '403', metadataproxy: "the host's credentials before 1.1.1" },
      '403 OtherRole',
    ),
    get(
      'of a pod without annotation',
      `${CREDENTIALS}blue`,
      { kube2iam: '404', kiam: '404', metadataproxy: '404' },
      '404 NoRole',
      null,
      { from: BARE },
    ),
    get(
      'of a role that the namespace does not allow',
      `${CREDENTIALS}red`,
      { kube2iam: '404 after 2 s', kiam: '500' },
      '403 RoleNotAllowed',
      'at once, with the pattern that came nearest, and an event on the pod',
      { from: FORBIDDEN, ...restricted },
    ),
    get(
      'of a role that STS refuses',
      `${CREDENTIALS}closed`,
      { kube2iam: "500 with the SDK's text", kiam: '500 after 4.9 s', metadataproxy: '500' },
      '403 AssumeRoleUnauthorizedAccess',
      'final, as SDKs go on asking for seconds after a 5xx; the body names both sides that may refuse, and no text of the SDK',
      { from: CLOSED },
    ),
    row(
      'its fields',
      { kube2iam: 'AccessKeyId Code Expiration LastUpdated SecretAccessKey Token Type', kiam: 'the same' },
      'AccessKeyId Code Expiration LastUpdated SecretAccessKey Token Type',
      async () =>
        Object.keys(JSON.parse((await send(`${CREDENTIALS}blue`)).body) as object)
          .sort()
          .join(' '),
    ),
    row(
      'its content type',
      { kube2iam: 'text/plain', kiam: 'text/plain', metadataproxy: 'application/json' },
      'application/json',
      async () => String((await send(`${CREDENTIALS}blue`)).headers['content-type']).split(';')[0]!,
      'no SDK looks at it, people do',
    ),
    row(
      'its instants',
      { kube2iam: 'local time with a Z', kiam: 'UTC, whole seconds' },
      'UTC, whole seconds',
      async () => {
        const { LastUpdated, Expiration } = JSON.parse((await send(`${CREDENTIALS}blue`)).body) as Record<
          string,
          string
        >;
        const isWhole = [LastUpdated!, Expiration!].every((text) =>
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text),
        );
        const agesMs = Date.now() - Date.parse(LastUpdated!);
        return isWhole && agesMs >= 0 && agesMs < 60_000
          ? 'UTC, whole seconds'
          : `${LastUpdated} ${Expiration}`;
      },
    ),
  ],
};

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

const PASS_ALL = { kube2iam: 'forwarded', kiam: '404', metadataproxy: 'forwarded' };

export const others: Area = {
  title: 'All other paths',
  cases: [
    passed('user data', '/latest/user-data', PASS_ALL, '404 NotFound', 'it often holds secrets'),
    passed(
      'user data, --allow-paths=*',
      '/latest/user-data',
      PASS_ALL,
      '404 NotFound',
      'a pattern passes it only if it names it',
      { flags: ['--allow-paths=*'] },
    ),
    passed(
      'user data, named by --allow-paths',
      '/latest/user-data',
      PASS_ALL,
      '200 secret=hunter2, forwarded',
      null,
      { flags: ['--allow-paths=user-data'] },
    ),
    passed(
      'iam/info',
      '/latest/meta-data/iam/info',
      { kube2iam: "the node's, forwarded", kiam: '404', metadataproxy: "the pod's" },
      '200 arn:aws:iam::111122223333:instance-profile/blue',
      "that of the pod's own role",
    ),
    passed('iam/', '/latest/meta-data/iam/', PASS_ALL, '404 NotFound'),
    passed(
      'identity-credentials',
      '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
      PASS_ALL,
      '404 NotFound',
      "they are the node's own",
    ),
    passed(
      'security-credentials-extended',
      '/latest/meta-data/iam/security-credentials-extended/',
      PASS_ALL,
      '404 NotFound',
      'newer SDKs ask here first; kube2iam then serves what the instance does',
    ),
    passed('the identity document', '/latest/dynamic/instance-identity/document', PASS_ALL, '200, forwarded'),
    passed(
      'its signature',
      '/latest/dynamic/instance-identity/pkcs7',
      PASS_ALL,
      '404 NotFound',
      'whoever has it can log in elsewhere as the instance',
    ),
    passed('the region', '/latest/meta-data/placement/region', PASS_ALL, '200 eu-west-1, forwarded'),
    passed(
      'the zone, with a slash behind',
      '/latest/meta-data/placement/availability-zone/',
      PASS_ALL,
      '200 eu-west-1a, forwarded',
    ),
    passed(
      'what no list names',
      '/latest/meta-data/public-keys/',
      PASS_ALL,
      '404 NotFound',
      'what is not known to be harmless is not passed',
    ),
    passed(
      'allowed by a pattern',
      '/latest/meta-data/public-keys/',
      { kiam: 'forwarded when its regexp matches' },
      '404, forwarded',
      null,
      { flags: ['--allow-paths=meta-data/public-keys*'] },
    ),
    passed('outside of any version', '/bar', { kube2iam: 'forwarded', kiam: '404' }, '404 NotFound'),
    get(
      '/healthz',
      '/healthz',
      { kube2iam: "200, on the pods' port", kiam: '`/ping` and `/health`' },
      '404 NotFound',
      'health and metrics are on an address that pods cannot reach',
    ),
    get('/metrics', '/metrics', { kube2iam: "200, on the pods' port" }, '404 NotFound', 'as above'),
    get('/debug/store', '/debug/store', { kube2iam: '200 with --debug, to everybody' }, '404 NotFound'),
  ],
};

const method = (name: string, kube2iam: string, ours: string, why: string | null = null) =>
  passed(`${name} on the listing`, CREDENTIALS, { kube2iam, metadataproxy: '405' }, ours, why, {
    method: name,
  });

export const methods: Area = {
  title: 'Methods',
  cases: [
    method('HEAD', '200', '200'),
    method('POST', '200', '405 MethodNotAllowed', 'EC2 knows GET, HEAD and the PUT of a token'),
    method('PUT', '200', '405 MethodNotAllowed'),
    method('DELETE', '200', '405 MethodNotAllowed'),
    method('OPTIONS', '200', '405 MethodNotAllowed'),
  ],
};

const host = (what: string, value: string, ours: string, why: string | null = null) =>
  get(what, CREDENTIALS, { kube2iam: '200', kiam: '200', metadataproxy: '200' }, ours, why, {
    headers: { host: value },
  });

export const callers: Area = {
  title: 'Who is asking',
  cases: [
    get(
      'X-Forwarded-For names another pod',
      CREDENTIALS,
      { kube2iam: 'the peer is asked for', kiam: '`?ip=` with --allow-ip-query' },
      '200 blue',
      null,
      { headers: { 'x-forwarded-for': PATHED } },
    ),
    get(
      '`?ip=` names another pod',
      `${CREDENTIALS}?ip=${PATHED}`,
      { kiam: 'that pod, with --allow-ip-query' },
      '200 blue',
      'nobody may speak for another',
    ),
    host('Host is the address', '169.254.169.254', '200 blue'),
    host('Host is the IPv6 address', '[fd00:ec2::254]', '200 blue'),
    host(
      'Host is another name',
      'evil.example',
      '403 Forbidden',
      'so that a page in a browser cannot lead its own name here (DNS rebinding)',
    ),
    get('Host is another name, --allowed-hosts', CREDENTIALS, { kube2iam: '200' }, '200 blue', null, {
      headers: { host: 'metadata.example' },
      flags: ['--allowed-hosts=metadata.example'],
    }),
  ],
};

export { BASE };
