// The document: whom the credentials are given to, and in which form.
import { get } from './asks.ts';
import { type Area, row } from './case.ts';
import { BARE, CLOSED, CREDENTIALS, CROSS, FORBIDDEN, NOBODY, PATHED, send } from './worlds.ts';

const ARN = 'arn:aws:iam::111122223333:role/blue';
const restricted = { flags: ['--namespace-restrictions'] };

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
      'its layout',
      { kube2iam: 'one line', kiam: 'one line', ec2: 'a line for each field' },
      'one line',
      async () =>
        (await send(`${CREDENTIALS}blue`)).body.trimEnd().includes('\n') ? 'several lines' : 'one line',
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
