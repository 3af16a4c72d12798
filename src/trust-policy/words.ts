// Principals and conditions in plain words.
import { isNegated } from '../model/policy/operators.ts';
import type { Condition, Principal, Statement } from '../model/policy.ts';

const SERVICES: Readonly<Record<string, string>> = {
  'ec2.amazonaws.com': 'EC2, for any instance that the role is attached to',
  'pods.eks.amazonaws.com': 'EKS Pod Identity, for pods that an association gives the role to',
  'eks.amazonaws.com': 'the EKS control plane',
  'ecs-tasks.amazonaws.com': 'ECS, for tasks that carry the role',
  'lambda.amazonaws.com': 'Lambda, for functions that carry the role',
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

function issuerWords(issuer: string): string {
  const eks = /^oidc(?:-fips)?\.eks\.([\w-]+)\.[\w.]+\/id\/(\w+)$/.exec(issuer);
  if (eks) return `the EKS cluster with id ${eks[2]} in ${eks[1]}`;
  return issuer === 'token.actions.githubusercontent.com' ? 'GitHub Actions' : `the issuer ${issuer}`;
}

/** What a condition asks, as a clause that follows "if". */
export function conditionWords(condition: Condition): string {
  const { key, operator, values } = condition;
  const texts = values.map(({ text }) => text);
  if (operator.name === 'Null')
    return `${key} is ${texts.join() === 'true' ? 'absent from' : 'present in'} the request`;
  const loophole = operator.ifExists
    ? ', or the request does not tell'
    : operator.set === 'ForAllValues'
      ? ', or there is none'
      : '';
  const subject = subjectOf(key.toLowerCase()) ?? (operator.set === 'ForAllValues' ? `each ${key}` : key);
  const wanted = texts.map(valueWords).join(' or ') || 'nothing';
  return [subject, verb(condition), wanted].filter((word) => word !== '').join(' ') + loophole;
}

function subjectOf(key: string): string | null {
  if (key.endsWith(':sub') && key.includes('.')) return 'the token is of';
  if (key.endsWith(':aud') && key.includes('.')) return "the token's audience";
  const known: Record<string, string> = {
    'sts:externalid': 'the external id sent along',
    'sts:rolesessionname': 'the session name asked for',
    'aws:principalarn': "the ARN of the caller's role or user",
    'aws:principalaccount': "the caller's account",
    'aws:principalorgid': "the caller's organisation",
    'aws:sourceip': "the caller's address",
    'aws:sourcevpc': 'the VPC that the call comes through',
    'aws:sourcevpce': 'the VPC endpoint that the call comes through',
    'aws:sourcearn': 'the resource that the service acts for',
    'aws:sourceaccount': 'the account that the service acts for',
    'aws:multifactorauthpresent': 'MFA of the caller',
    'aws:requesttag/kubernetes-namespace': "the pod's namespace",
    'aws:requesttag/kubernetes-service-account': "the pod's service account",
  };
  return known[key] ?? null;
}

function verb(condition: Condition): string {
  const { key, operator } = condition;
  const no = isNegated(operator) ? 'not ' : '';
  if (key.toLowerCase().endsWith(':sub') && key.includes('.')) return no.trim();
  const relation = /LessThanEquals/.test(operator.name)
    ? 'at most '
    : /GreaterThanEquals/.test(operator.name)
      ? 'at least '
      : /LessThan/.test(operator.name)
        ? 'below '
        : /GreaterThan/.test(operator.name)
          ? 'above '
          : /IpAddress/.test(operator.name)
            ? 'in '
            : /Like|Arn/.test(operator.name)
              ? 'like '
              : '';
  return `is ${no}${relation}`.trim();
}

/** A subject of Kubernetes is told as what it means. */
function valueWords(text: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text) ?? [];
  if (!namespace || !name) return `"${text}"`;
  const who = name === '*' ? 'any service account' : `the service account ${name}`;
  return `${who} in ${namespace === '*' ? 'any namespace' : `namespace ${namespace}`}`;
}

/** `statement 0 (Sid)`. */
export const statementName = ({ index, sid }: Statement): string =>
  `statement ${index}${sid?.text ? ` (${sid.text})` : ''}`;
