// Principals and statements in plain words.
import type { Principal, Statement } from '../model/policy.ts';

const SERVICES: Readonly<Record<string, string>> = {
  'ec2.amazonaws.com': 'EC2 (any instance that the role is attached to)',
  'pods.eks.amazonaws.com': 'EKS Pod Identity (pods that an association gives the role to)',
  'eks.amazonaws.com': 'the EKS control plane',
  'ecs-tasks.amazonaws.com': 'ECS (tasks that carry the role)',
  'lambda.amazonaws.com': 'Lambda (functions that carry the role)',
};

/** Whom an entry of Principal means. */
export function principalWords({ names, text }: Principal): string {
  switch (names.kind) {
    case 'everyone':
      return 'anyone in any AWS account';
    case 'account':
      return `any role or user of account ${names.account} whose own policies allow it`;
    case 'role':
      return `sessions of the role ${names.path === '/' ? '' : names.path.slice(1)}${names.name} of account ${names.account}`;
    case 'user':
      return `the user ${text.slice(text.indexOf('user/') + 'user/'.length)} of account ${names.account}`;
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
};

function issuerWords(issuer: string): string {
  const eks = /^oidc(?:-fips)?\.eks\.([\w-]+)\.[\w.]+\/id\/(\w+)$/.exec(issuer);
  if (eks) return `the EKS cluster with id ${eks[2]} in ${eks[1]}`;
  return NAMES[issuer] ?? `the issuer ${issuer}`;
}

/** `statement 0 (Sid)`. */
export const statementName = ({ index, sid }: Statement): string =>
  `statement ${index}${sid?.text ? ` (${sid.text})` : ''}`;
