// What metadataproxy reads from a container: its role, its session, and its addresses.
import { DEFAULT_SETTINGS, decideRole, resolveWith } from '../../../src/model/role.ts';
import { sessionName } from '../../../src/model/session-name.ts';
import { containerRecord } from '../../../src/proxy/who/docker/container-record.ts';
import { type Area, row } from './case.ts';

const settings = {
  ...DEFAULT_SETTINGS,
  baseRoleArn: 'arn:aws:iam::111122223333:role/',
  accounts: { partition: 'aws', byName: { prod: '012345678910' } },
};
const form = (said: string, metadataproxy: string, ours: string, why: string | null = null) =>
  row(
    `\`IAM_ROLE=${said}\``,
    { metadataproxy },
    ours,
    () => {
      const resolved = resolveWith(settings, said);
      return resolved.ok ? resolved.role.arn : `refused: ${resolved.why}`;
    },
    why,
  );

export const roleFormats: Area = {
  title: 'A role in a Docker container',
  cases: [
    form('my-role', 'my-role of the default account', 'arn:aws:iam::111122223333:role/my-role'),
    form('my-role@012345678910', 'my-role of account 012345678910', 'arn:aws:iam::012345678910:role/my-role'),
    form(
      'my-role@prod',
      'my-role of the account that AWS_ACCOUNT_MAP calls prod',
      'arn:aws:iam::012345678910:role/my-role',
    ),
    form('p/my-role@prod', 'p/my-role of that account', 'arn:aws:iam::012345678910:role/p/my-role'),
    form(
      'arn:aws:iam::012345678910:role/p/my-role',
      'p/my-role of account 012345678910',
      'arn:aws:iam::012345678910:role/p/my-role',
    ),
    form(
      'arn:aws-cn:iam::012345678910:role/my-role',
      'not understood',
      'arn:aws-cn:iam::012345678910:role/my-role',
      'every partition',
    ),
    form(
      '/p/my-role@prod',
      'an ARN with two slashes, which STS refuses',
      'arn:aws:iam::012345678910:role/p/my-role',
      'a slash in front is no part of a role',
    ),
    form(
      'my-role@012345678910@prod',
      'my-role of account 012345678910',
      'arn:aws:iam::012345678910:role/my-role@012345678910',
      'a name may hold an @: the account is behind the last',
    ),
    form(
      'my-role@',
      'my-role of the default account',
      'refused: its account "" is neither 12 digits nor a name in AWS_ACCOUNT_MAP (prod)',
      'an account that is said and empty is none',
    ),
    form(
      'my-role@unknown',
      'an ARN with the account "unknown", which STS refuses',
      'refused: its account "unknown" is neither 12 digits nor a name in AWS_ACCOUNT_MAP (prod)',
      'with the reason',
    ),
  ],
};

interface Given {
  env?: string[];
  labels?: Record<string, string>;
  mode?: string;
  networks?: Record<string, { IPAddress?: string; GlobalIPv6Address?: string }>;
  status?: string;
}

function recordOf({ env = [], labels = {}, mode = 'bridge', networks = {}, status = 'running' }: Given) {
  const inspected = {
    ...{ Id: 'c1', Name: '/web', Config: { Env: env, Labels: labels }, HostConfig: { NetworkMode: mode } },
    State: { Status: status, Running: status === 'running' },
    NetworkSettings: { IPAddress: '172.17.0.2', Networks: networks },
  };
  return containerRecord(inspected, 'host', {
    ...{ roleKey: 'iam.amazonaws.com/role', externalIdKey: 'iam.amazonaws.com/external-id' },
    sessionKey: 'Env:WHO',
  });
}

const addresses = (given: Given): string => recordOf(given)?.addresses.join(' ') || 'none';

function role(given: Given): string {
  const { role, refusal } = decideRole(
    { annotations: recordOf(given)!.annotations, hostNetwork: false, namespace: null, noun: 'container' },
    { ...settings, roleKey: 'IAM_ROLE', externalIdKey: 'IAM_EXTERNAL_ID', defaultRole: 'standard' },
  );
  return role ? `${role.arn.name}${role.externalId === null ? '' : `, ${role.externalId}`}` : refusal.code;
}

const session = (given: Given): string =>
  sessionName('{namespace}.{pod}', { ...recordOf(given)!, node: 'host' }, 'role');

const said = (
  what: string,
  given: Given,
  read: (given: Given) => string,
  metadataproxy: string,
  ours: string,
  why: string | null = null,
) => row(what, { metadataproxy }, ours, () => read(given), why);

const ROLE = 'IAM_ROLE=blue';

export const containers: Area = {
  title: 'What is read from a Docker container',
  cases: [
    said('IAM_ROLE', { env: ['PATH=/bin', ROLE] }, role, 'blue', 'blue'),
    said('no IAM_ROLE, with DEFAULT_ROLE', { env: ['PATH=/bin'] }, role, 'standard', 'standard'),
    said(
      'an empty IAM_ROLE, with DEFAULT_ROLE',
      { env: ['IAM_ROLE='] },
      role,
      'standard',
      'AN002',
      'said and empty is no role, as in an annotation',
    ),
    said('IAM_EXTERNAL_ID', { env: [ROLE, 'IAM_EXTERNAL_ID=a=b'] }, role, 'blue, a=b', 'blue, a=b'),
    said(
      'IAM_ROLE as a label',
      { labels: { IAM_ROLE: 'red' } },
      role,
      'standard',
      'red',
      'where variables are hard to set',
    ),
    said(
      'the annotation as a label',
      { labels: { 'iam.amazonaws.com/role': 'red' } },
      role,
      'standard',
      'red',
      'as above',
    ),
    said('IAM_ROLE, and a label', { env: [ROLE], labels: { IAM_ROLE: 'red' } }, role, 'blue', 'blue'),
    said('ROLE_SESSION_KEY=Env:WHO', { env: [ROLE, 'WHO=nightly'] }, session, 'nightly', 'nightly'),
    said('a session of odd characters', { env: [ROLE, 'WHO=a b/c'] }, session, 'a_b_c', 'a-b-c', "as kiam's"),
    said(
      'a session of one character',
      { env: [ROLE, 'WHO=x'] },
      session,
      'devproxyauth',
      'x-',
      'STS wants two at least',
    ),
    said(
      'no session',
      { env: [ROLE] },
      session,
      'devproxyauth',
      'docker.web',
      'it should name the container',
    ),
    said('its address', {}, addresses, '172.17.0.2', '172.17.0.2'),
    said(
      'its addresses in other networks',
      { networks: { side: { IPAddress: '10.1.0.2', GlobalIPv6Address: 'fd00::2' } } },
      addresses,
      '172.17.0.2 10.1.0.2',
      '10.1.0.2 172.17.0.2 fd00::2',
      'IPv6 as well',
    ),
    said(
      "Rancher's label with an address",
      { labels: { 'io.rancher.container.ip': '10.42.0.7/16' } },
      addresses,
      '172.17.0.2 10.42.0.7',
      '172.17.0.2',
      'only what the engine says: a label could claim the address of another container',
    ),
    said("on the host's network", { mode: 'host' }, addresses, 'none', 'none'),
    said('in the network of another container', { mode: 'container:c2' }, addresses, 'none', 'none'),
    said('that has ended', { status: 'exited' }, addresses, 'none', 'none'),
  ],
};
