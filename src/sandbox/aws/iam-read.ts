// The IAM calls by which this program reads what a role may do and which token issuers an account
// knows. https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
import { boundaryAllows, judgeRole } from './authorize.ts';
import { noSuchEntity, validationError } from './errors.ts';
import { authorize, existingRole, nameShape } from './iam.ts';
import { type AwsOidcProvider, type AwsRole, roleArn } from './state.ts';
import { type Call, isoSeconds } from './sts.ts';
import type { Xml } from './xml.ts';

export function listRolePolicies(call: Call): Xml {
  const role = readable(call, 'iam:ListRolePolicies');
  return { PolicyNames: Object.keys(role.policies).sort(), IsTruncated: false };
}

export function getRolePolicy(call: Call): Xml {
  const role = readable(call, 'iam:GetRolePolicy');
  const name = call.parameters.required('PolicyName');
  const document = role.policies[name];
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(document) };
}

export function listAttachedRolePolicies(call: Call): Xml {
  const role = readable(call, 'iam:ListAttachedRolePolicies');
  const arns = Object.keys(role.attached).sort();
  return {
    AttachedPolicies: arns.map((arn) => ({
      PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
      PolicyArn: arn,
    })),
    IsTruncated: false,
  };
}

export function getPolicy(call: Call): Xml {
  const { arn } = managedPolicy(call, 'iam:GetPolicy');
  return { Policy: { Arn: arn, PolicyName: arn.slice(arn.lastIndexOf('/') + 1), DefaultVersionId: 'v1' } };
}

export function getPolicyVersion(call: Call): Xml {
  const { document } = managedPolicy(call, 'iam:GetPolicyVersion');
  return {
    PolicyVersion: { Document: encodeURIComponent(document), VersionId: 'v1', IsDefaultVersion: true },
  };
}

/**
 * Judges the policies of one role and its boundary; an organisation has no say here.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export function simulatePrincipalPolicy(call: Call): Xml {
  const { state, caller, parameters } = call;
  const source = parameters.required('PolicySourceArn', { min: 20, max: 2048 });
  const role = state.roles.find((one) => roleArn(state, one) === source && one.account === caller.account);
  authorize(call, 'iam:SimulatePrincipalPolicy', 'role', role?.name ?? '');
  if (!role) throw noSuchEntity(`The role with ARN ${source} cannot be found.`);
  const actions = members(call, 'ActionNames');
  if (actions.length === 0) throw validationError('ActionNames must not be empty');
  const given = members(call, 'ResourceArns');
  const resources = given.length === 0 ? ['*'] : given;
  const results = actions.flatMap((action) =>
    resources.map((resource) => simulate(call, role, action, resource)),
  );
  return { EvaluationResults: results, IsTruncated: false };
}

function simulate({ state }: Call, role: AwsRole, action: string, resource: string): Xml {
  const own = judgeRole(state, role, action, resource);
  const isInBoundary = boundaryAllows(state, role, action, resource);
  const isAllowed = own === 'allow' && isInBoundary;
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: isAllowed ? 'allowed' : own === 'deny' ? 'explicitDeny' : 'implicitDeny',
    MatchedStatements: [],
    MissingContextValues: [],
    PermissionsBoundaryDecisionDetail:
      role.boundary === null ? undefined : { AllowedByPermissionsBoundary: isInBoundary },
  };
}

export function listOpenIdConnectProviders(call: Call): Xml {
  authorize(call, 'iam:ListOpenIDConnectProviders', 'role', '');
  const own = call.state.oidcProviders.filter(({ account }) => account === call.caller.account);
  return { OpenIDConnectProviderList: own.map((provider) => ({ Arn: providerArn(call, provider) })) };
}

export function getOpenIdConnectProvider(call: Call): Xml {
  authorize(call, 'iam:GetOpenIDConnectProvider', 'role', '');
  const arn = call.parameters.required('OpenIDConnectProviderArn');
  const provider = call.state.oidcProviders.find((one) => providerArn(call, one) === arn);
  if (!provider) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  return {
    Url: provider.url,
    ClientIDList: provider.clientIds,
    ThumbprintList: [],
    CreateDate: isoSeconds(call.nowMs),
  };
}

/** Of an account that never asked for more. */
export function getAccountSummary(call: Call): Xml {
  authorize(call, 'iam:GetAccountSummary', 'role', '');
  return { SummaryMap: { entry: { key: 'AssumeRolePolicySizeQuota', value: 2048 } } };
}

function readable(call: Call, action: string): AwsRole {
  const name = call.parameters.required('RoleName', nameShape);
  authorize(call, action, 'role', name);
  return existingRole(call, name);
}

function managedPolicy(call: Call, action: string): { arn: string; document: string } {
  const arn = call.parameters.required('PolicyArn', { min: 20, max: 2048 });
  authorize(call, action, 'role', '');
  for (const { attached, boundary } of call.state.roles) {
    const document = attached[arn] ?? (boundary?.arn === arn ? boundary.document : undefined);
    if (document !== undefined) return { arn, document };
  }
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

const providerArn = ({ state }: Call, { account, url }: AwsOidcProvider): string =>
  `arn:${state.partition}:iam::${account}:oidc-provider/${url}`;

function members({ parameters }: Call, name: string): string[] {
  const values: string[] = [];
  for (let value = parameters.optional(`${name}.member.1`); value !== null; ) {
    values.push(value);
    value = parameters.optional(`${name}.member.${values.length + 1}`);
  }
  return values;
}
