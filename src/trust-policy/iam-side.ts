// The IAM side of a role as something to run or to commit: the role with its trust policy, and, for the
// proxy, the permissions policy by which the nodes' role or user may assume it.
import type { RoleArn } from '../model/arn.ts';
import { quote } from '../model/shell.ts';
import { readNodeIdentity } from './identity.ts';
import { nodePolicy } from './node-policy.ts';

export const IAM_FORMS = ['json', 'cli', 'cloudformation', 'terraform'] as const;
export type IamForm = (typeof IAM_FORMS)[number];

export interface IamSide {
  role: RoleArn;
  /** False while its ARN holds a stand-in for the account. */
  isAccountKnown: boolean;
  /** JSON text. */
  trustPolicy: string;
  /** Those of the proxy; empty for other modes. */
  nodeIdentities: readonly string[];
}

/** The trust policy alone for `json`. */
export function renderIamSide(side: IamSide, form: IamForm): string {
  switch (form) {
    case 'json':
      return side.trustPolicy;
    case 'cli':
      return commands(side);
    case 'cloudformation':
      return template(side);
    case 'terraform':
      return modules(side);
  }
}

interface NodeSide {
  kind: 'role' | 'user';
  name: string;
  /** Null for the role's own, where the same template or configuration can hold it. */
  otherAccount: string | null;
  document: string;
}

/** Without the account there is no ARN to allow. */
function nodeSides({ role, nodeIdentities, isAccountKnown }: IamSide): NodeSide[] {
  if (!isAccountKnown) return [];
  const principals = new Map(nodeIdentities.map(readNodeIdentity).map((one) => [one.principal, one]));
  return [...principals.values()].map(({ principal, account }) => ({
    kind: principal.includes(':user/') ? 'user' : 'role',
    name: principal.slice(principal.lastIndexOf('/') + 1),
    otherAccount: account === role.account ? null : account,
    document: nodePolicy([role.arn]),
  }));
}

const policyName = ({ name }: RoleArn): string => `pod-iam-${name}`.slice(0, 128);

function commands(side: IamSide): string {
  const { role, trustPolicy } = side;
  const path = role.path === '/' ? '' : ` --path ${quote(role.path)}`;
  return [
    '# The role. Where it is there already: aws iam update-assume-role-policy --role-name … --policy-document …',
    `aws iam create-role --role-name ${quote(role.name)}${path} --assume-role-policy-document ${quote(oneLine(trustPolicy))}`,
    ...nodeSides(side).flatMap(({ kind, name, otherAccount, document }) => [
      otherAccount === null
        ? `# What the nodes' ${kind} may assume; needed across accounts, and where the trust policy names an account.`
        : `# In account ${otherAccount}, with its credentials: what the nodes' ${kind} may assume.`,
      `aws iam put-${kind}-policy --${kind}-name ${quote(name)} --policy-name ${quote(policyName(role))} --policy-document ${quote(oneLine(document))}`,
    ]),
    '',
  ].join('\n');
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
function template(side: IamSide): string {
  const { role, trustPolicy } = side;
  const resources: Record<string, object> = {
    [logicalId(role.name, 'Role')]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: role.name,
        Path: role.path,
        AssumeRolePolicyDocument: JSON.parse(trustPolicy) as object,
      },
    },
  };
  // A stack makes nothing in another account.
  for (const { kind, name, document } of nodeSides(side).filter(({ otherAccount }) => otherAccount === null))
    resources[free(logicalId(name, `MayAssume${logicalId(role.name, '')}`), Object.keys(resources))] = {
      Type: kind === 'role' ? 'AWS::IAM::RolePolicy' : 'AWS::IAM::UserPolicy',
      Properties: {
        [kind === 'role' ? 'RoleName' : 'UserName']: name,
        PolicyName: policyName(role),
        PolicyDocument: JSON.parse(document) as object,
      },
    };
  return `${JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources: resources }, null, 2)}\n`;
}

/** Letters and digits, as CloudFormation wants them. */
const logicalId = (name: string, tail: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('') + tail;

// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
function modules(side: IamSide): string {
  const { role, trustPolicy } = side;
  const label = role.name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_');
  const blocks = [
    `resource "aws_iam_role" "${label}" {
  name               = ${literal(role.name)}
  path               = ${literal(role.path)}
  assume_role_policy = ${encoded(trustPolicy)}
}`,
  ];
  const labels: string[] = [];
  for (const { kind, name, otherAccount, document } of nodeSides(side)) {
    const own = free(`${name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_')}_may_assume_${label}`, labels);
    labels.push(own);
    const provider =
      otherAccount === null
        ? ''
        : `  # The nodes' ${kind} is of account ${otherAccount}: this takes a provider of that account.
  provider = aws.nodes

`;
    blocks.push(`resource "aws_iam_${kind}_policy" "${own}" {
${provider}  name   = ${literal(policyName(role))}
  ${kind}   = ${literal(name)}
  policy = ${encoded(document)}
}`);
  }
  return `${blocks.join('\n\n')}\n`;
}

/** The name, with a number behind it where it is taken. */
function free(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const one = number === 1 ? name : `${name}${number}`;
    if (!taken.includes(one)) return one;
  }
}

const encoded = (document: string): string =>
  `jsonencode(${withoutTemplates(document.trim()).replaceAll('\n', '\n  ')})`;

const literal = (text: string): string => withoutTemplates(JSON.stringify(text));

/** JSON is an expression of Terraform's too, but for what it takes for a template. */
const withoutTemplates = (json: string): string => json.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);

const oneLine = (document: string): string => JSON.stringify(JSON.parse(document));
