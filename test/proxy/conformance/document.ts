// The document: whom the credentials are given to, and in which form.
import { until } from '../world.ts';
import { get } from './asks.ts';
import { type Area, row } from './case.ts';
import { BARE, CLOSED, CREDENTIALS, CROSS, FORBIDDEN, NOBODY, PATHED, world } from './worlds.ts';

const DURING = '127.26.0.32';
const SLASHED = '127.26.0.33';
const ARN = 'arn:aws:iam::111122223333:role/blue';
const restricted = { flags: ['--namespace-restrictions'] };

/** What a pod gets for which nothing has been fetched yet. */
async function whileStsFails(fault: 'throttle' | 'error' | 'unavailable'): Promise<string> {
  const one = await world('--session-name={namespace}.{pod}');
  one.aws.fault = () => fault;
  one.pod(`during-${fault}`, { ip: DURING, role: 'red' });
  await until('the pod', async () => (await one.get(DURING, CREDENTIALS)).status === 200);
  const { status, headers, body } = await one.get(DURING, `${CREDENTIALS}red`);
  one.aws.fault = () => null;
  one.removePod(`during-${fault}`);
  const { Code } = JSON.parse(body) as { Code: string };
  return `${status} ${Code}, Retry-After: ${headers['retry-after']}`;
}

async function ofSlashed(asked: string): Promise<string> {
  const one = await world();
  one.pod('slashed', { ip: SLASHED, role: '/blue' });
  await until('the pod', async () => (await one.get(SLASHED, CREDENTIALS)).status === 200);
  const { body } = await one.get(SLASHED, CREDENTIALS);
  return `${(await one.get(SLASHED, CREDENTIALS + asked)).status}, and \`${body}\` is listed`;
}

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
      'by ARN, percent-encoded',
      CREDENTIALS + encodeURIComponent(ARN),
      { kube2iam: '200' },
      '200 document',
    ),
    get(
      'by ARN, percent-encoded in small letters',
      `${CREDENTIALS}${encodeURIComponent(ARN).toLowerCase()}`,
      { kube2iam: '200' },
      '200 document',
    ),
    get(
      'with an encoded slash before',
      `${CREDENTIALS}%2Fblue`,
      { kube2iam: '301', kiam: '301' },
      '200 document',
      'served as the role that it means',
    ),
    get(
      'by path and name, with slashes around',
      `${CREDENTIALS}/team/green/`,
      { kube2iam: '301', kiam: '301' },
      '200 document',
      'served as the role that it means',
      { from: PATHED },
    ),
    get('with a query behind', `${CREDENTIALS}blue?x=y`, { kube2iam: '200', kiam: '200' }, '200 document'),
    get(
      'by the ARN of another account',
      `${CREDENTIALS}arn:aws:iam::999999999999:role/blue`,
      { kube2iam: '403', kiam: '500' },
      '403 OtherRole',
    ),
    get(
      'by the ARN of another partition',
      `${CREDENTIALS}arn:aws-cn:iam::111122223333:role/blue`,
      { kube2iam: '403', kiam: '500' },
      '403 OtherRole',
    ),
    get(
      'by an ARN in capitals',
      `${CREDENTIALS}ARN:aws:iam::111122223333:role/blue`,
      { kube2iam: '403', kiam: '500' },
      '403 OtherRole',
    ),
    get(
      'of a role of another account, by its name',
      `${CREDENTIALS}cross`,
      { kube2iam: '403', kiam: '500' },
      '403 OtherRole',
      null,
      { from: CROSS },
    ),
    get(
      'of a role that does not exist, of 2,000 letters',
      `${CREDENTIALS}${'a'.repeat(2_000)}`,
      { kube2iam: '403', kiam: '500' },
      '403 OtherRole',
    ),
    get('of a star', `${CREDENTIALS}*`, { kube2iam: '403', kiam: '500' }, '403 OtherRole'),
    get(
      'with a blank behind',
      `${CREDENTIALS}blue%20`,
      { kube2iam: '403', kiam: '500' },
      '404 NotFound',
      'no client writes it so',
    ),
    get(
      'from an address that no pod has',
      `${CREDENTIALS}blue`,
      { kube2iam: '404 after 2 s', kiam: '500 after 5 s', metadataproxy: '404' },
      '404 UnknownCaller',
      null,
      { from: NOBODY },
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
    ...(
      [
        ['throttle', 'throttles', '500 after 2 to 5 s'],
        ['error', 'fails', '500'],
        ['unavailable', 'is not available', '500 after 3 s'],
      ] as const
    ).map(([fault, does, kube2iam]) =>
      row(
        `of a pod of which nothing is held, while STS ${does}`,
        { kube2iam, kiam: '500 after 5 s', metadataproxy: '500' },
        '503 CredentialsUnavailable, Retry-After: 1',
        () => whileStsFails(fault),
        'asking again may help, which a refusal (403) is told apart from; SDKs go on asking after a 5xx',
      ),
    ),
    ...(
      [
        ['blue', '200'],
        ['/blue', '200'],
        ['red', '403'],
        ['/red', '403'],
      ] as const
    ).map(([asked, status]) =>
      row(
        `\`${asked}\`, of a pod that is annotated with \`/blue\``,
        { kiam: status === '200' ? '200' : '500' },
        `${status}, and \`blue\` is listed`,
        () => ofSlashed(asked),
        status === '200' ? null : 'a role that is not allowed is told apart from a failure',
      ),
    ),
  ],
};
