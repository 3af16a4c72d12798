// The IAM side of a role as something to run or to commit: the role with its trust policy, and, for the
// proxy, the permissions policy by which the nodes' role may assume it.
import { parseRoleArn, type RoleArn } from '../model/arn.ts';
import { nodePolicy } from './generate.ts';
import { readNodeIdentity } from './identity.ts';

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
  roleName: string;
  document: string;
}

/** Users get their policy elsewhere; without the account there is no ARN to allow. */
function nodeSides({ role, nodeIdentities, isAccountKnown }: IamSide): NodeSide[] {
  if (!isAccountKnown) return [];
  const roles = [...new Set(nodeIdentities.map((text) => readNodeIdentity(text).principal))];
  return roles.flatMap((arn) => {
    const node = parseRoleArn(arn);
    return node === null ? [] : [{ roleName: node.name, document: nodePolicy([role.arn]) }];
  });
}

const policyName = ({ name }: RoleArn): string => `pod-iam-${name}`.slice(0, 128);

function commands(side: IamSide): string {
  const { role, trustPolicy } = side;
  const path = role.path === '/' ? '' : ` --path ${role.path}`;
  return [
    '# The role. Where it is there already: aws iam update-assume-role-policy --role-name … --policy-document …',
    `aws iam create-role --role-name ${role.name}${path} --assume-role-policy-document '${oneLine(trustPolicy)}'`,
    ...nodeSides(side).flatMap(({ roleName, document }) => [
      "# What the nodes' role may assume; needed across accounts, and where the trust policy names an account.",
      `aws iam put-role-policy --role-name ${roleName} --policy-name ${policyName(role)} --policy-document '${oneLine(document)}'`,
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
  for (const { roleName, document } of nodeSides(side))
    resources[logicalId(roleName, `MayAssume${logicalId(role.name, '')}`)] = {
      Type: 'AWS::IAM::RolePolicy',
      Properties: {
        RoleName: roleName,
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
  name               = "${role.name}"
  path               = "${role.path}"
  assume_role_policy = ${encoded(trustPolicy)}
}`,
    ...nodeSides(side).map(
      ({
        roleName,
        document,
      }) => `resource "aws_iam_role_policy" "${roleName.replace(/\W+/g, '_')}_may_assume_${label}" {
  name   = "${policyName(role)}"
  role   = "${roleName}"
  policy = ${encoded(document)}
}`,
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** JSON is an expression of Terraform's too, but for what it takes for a template. */
const encoded = (document: string): string =>
  `jsonencode(${document
    .trim()
    .replaceAll(/[$%](?=\{)/g, (sign) => sign + sign)
    .replaceAll('\n', '\n  ')})`;

const oneLine = (document: string): string => JSON.stringify(JSON.parse(document)).replaceAll("'", "'\\''");
