// Principals and statements in plain words.
import type { Principal, PrincipalKind, Statement } from '../model/policy.ts';
import { joined } from './rules/shared.ts';

const SERVICES: Readonly<Record<string, string>> = {
  'ec2.amazonaws.com': 'EC2 (any instance that the role is attached to)',
  'pods.eks.amazonaws.com': 'EKS Pod Identity (pods that an association gives the role to)',
  'eks.amazonaws.com': 'the EKS control plane',
  'ecs-tasks.amazonaws.com': 'ECS (tasks that carry the role)',
  'lambda.amazonaws.com': 'Lambda (functions that carry the role)',
  'rolesanywhere.amazonaws.com': 'IAM Roles Anywhere (holders of a certificate that a trust anchor accepts)',
};

/** Whom all entries of a Principal mean, those of a kind told together; empty for none. */
export function principalsWords(principals: readonly Principal[]): string {
  const deleted = principals.filter(({ names }) => names.kind === 'unique-id');
  const living = principals.filter(({ names }) => names.kind !== 'unique-id');
  if (living.length === 0) return joined(deleted.map(principalWords));
  const groups = [...new Set(living.map(groupOf))];
  const who = joined(groups.map((name) => groupWords(living.filter((one) => groupOf(one) === name))));
  if (deleted.length === 0) return who;
  const ids = joined(deleted.map(({ text }) => text));
  return `${who} (no longer ${ids}, which ${deleted.length === 1 ? 'was' : 'were'} deleted)`;
}

function groupOf(principal: Principal): string {
  const { names, text } = principal;
  if (names.kind === 'account') return 'accounts';
  if (names.kind === 'role' || names.kind === 'user') return `${names.kind}s of ${names.account}`;
  return names.kind === 'service' && SERVICES[text] === undefined ? 'services' : text;
}

function groupWords(group: readonly Principal[]): string {
  const [first] = group;
  if (group.length === 1 || first === undefined) return joined(group.map(principalWords));
  const list = joined([...new Set(group.map(nameOf))]);
  const { names } = first;
  if (names.kind === 'account') return `any role or user of the accounts ${list} whose own policies allow it`;
  if (names.kind === 'role') return `sessions of the roles ${list} of account ${names.account}`;
  if (names.kind === 'user') return `the users ${list} of account ${names.account}`;
  return names.kind === 'service' ? `the AWS services ${list}` : principalWords(first);
}

function nameOf({ names, text }: Principal): string {
  if (names.kind === 'account') return names.account;
  return names.kind === 'role' ? roleName(names) : names.kind === 'user' ? userName(text) : text;
}

const roleName = ({ path, name }: Extract<PrincipalKind, { kind: 'role' }>): string =>
  `${path === '/' ? '' : path.slice(1)}${name}`;

const userName = (text: string): string => text.slice(text.indexOf('user/') + 'user/'.length);

/** Whom an entry of Principal means. */
export function principalWords({ names, text }: Principal): string {
  switch (names.kind) {
    case 'everyone':
      return 'anyone in any AWS account';
    case 'account':
      return `any role or user of account ${names.account} whose own policies allow it`;
    case 'role':
      return `sessions of the role ${roleName(names)} of account ${names.account}`;
    case 'user':
      return `the user ${userName(text)} of account ${names.account}`;
    case 'session':
      return `the one session ${names.sessionName} of the role ${names.roleName} of account ${names.account}`;
    case 'federated-user':
      return `the federated user ${text.slice(text.lastIndexOf('/') + 1)} of account ${names.account}`;
    case 'unique-id':
      return `nobody any more (${text} was deleted)`;
    case 'service':
      return SERVICES[text] ?? `the AWS service ${text}`;
    case 'oidc':
      return `holders of a token of ${issuerWords(names.issuer)}`;
    case 'saml':
      return `users of the SAML provider ${text.slice(text.indexOf('saml-provider/') + 'saml-provider/'.length)}`;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  'token.actions.githubusercontent.com': 'GitHub Actions',
  'gitlab.com': 'GitLab',
  'app.terraform.io': 'HCP Terraform',
  'cognito-identity.amazonaws.com': 'Cognito',
  'accounts.google.com': 'Google',
  'www.amazon.com': 'Login with Amazon',
  'graph.facebook.com': 'Facebook',
  'agent.buildkite.com': 'Buildkite',
};

function issuerWords(issuer: string): string {
  const eks = /^oidc(?:-fips)?\.eks\.([\w-]+)\.[\w.]+\/id\/(\w+)$/.exec(issuer);
  if (eks) return `the EKS cluster with id ${eks[2]} in ${eks[1]}`;
  return NAMES[issuer] ?? `the issuer ${issuer}`;
}

/** `statement 0 (Sid)`. */
export const statementName = ({ index, sid }: Statement): string =>
  `statement ${index}${sid?.text ? ` (${sid.text})` : ''}`;
