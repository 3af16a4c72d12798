// The IAM calls that this program and its tests use, each guarded by the caller's own policies.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
import { randomBytes } from 'node:crypto';
import { judgeIdentity } from './authorize.ts';
import { checkIdentityPolicy, checkTrustPolicy } from './documents.ts';
import { accessDenied, alreadyExists, noSuchEntity } from './errors.ts';
import {
  type AwsRole,
  type AwsUser,
  base32,
  findRole,
  findUser,
  idOf,
  plainRole,
  roleArn,
  userArn,
} from './state.ts';
import { type Call, isoSeconds } from './sts.ts';
import type { Xml } from './xml.ts';

export const nameShape = { min: 1, max: 64, pattern: '[\\w+=,.@-]+' };
const pathShape = { min: 1, max: 512, pattern: '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)' };

export function getRole(call: Call): Xml {
  const name = call.parameters.required('RoleName', nameShape);
  authorize(call, 'iam:GetRole', 'role', name);
  return { Role: wholeRoleXml(call, existingRole(call, name)) };
}

/** Answers in pages of `MaxItems`, 100 by default, in the order of the names. */
export function listRoles(call: Call): Xml {
  const { state, caller, parameters } = call;
  const prefix = parameters.optional('PathPrefix') ?? '/';
  authorize(call, 'iam:ListRoles', 'role', '', prefix);
  const pageSize = parameters.integer('MaxItems', 100, 1, 1000);
  const start = Number(parameters.optional('Marker') ?? 0);
  const roles = state.roles
    .filter((role) => role.account === caller.account && role.path.startsWith(prefix))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const end = start + pageSize;
  return {
    Roles: roles.slice(start, end).map((role) => roleXml(call, role)),
    IsTruncated: end < roles.length,
    Marker: end < roles.length ? String(end) : undefined,
  };
}

export function createRole(call: Call): Xml {
  const { state, caller, parameters, nowMs } = call;
  const name = parameters.required('RoleName', nameShape);
  const path = parameters.optional('Path', pathShape) ?? '/';
  authorize(call, 'iam:CreateRole', 'role', name, path);
  const trustPolicy = parameters.required('AssumeRolePolicyDocument', { min: 1, max: 131_072 });
  checkTrustPolicy(state, trustPolicy);
  if (findRole(state, caller.account, name)) throw alreadyExists(`Role with name ${name} already exists.`);
  const role: AwsRole = {
    account: caller.account,
    name,
    path,
    roleId: idOf('AROA', caller.account, name, String(nowMs)),
    trustPolicy,
    maxSessionSeconds: parameters.integer('MaxSessionDuration', 3600, 3600, 43_200),
    createdAtMs: nowMs,
    ...plainRole(),
  };
  state.roles.push(role);
  return { Role: wholeRoleXml(call, role) };
}

export function updateAssumeRolePolicy(call: Call): null {
  const name = call.parameters.required('RoleName', nameShape);
  authorize(call, 'iam:UpdateAssumeRolePolicy', 'role', name);
  const document = call.parameters.required('PolicyDocument', { min: 1, max: 131_072 });
  const role = existingRole(call, name);
  checkTrustPolicy(call.state, document);
  role.trustPolicy = document;
  return null;
}

export function putRolePolicy(call: Call): null {
  const name = call.parameters.required('RoleName', nameShape);
  authorize(call, 'iam:PutRolePolicy', 'role', name);
  existingRole(call, name).policies[call.parameters.required('PolicyName')] = identityDocument(call);
  return null;
}

/** Without a name it is about the calling user. */
export function getUser(call: Call): Xml {
  const { caller, parameters } = call;
  const name =
    parameters.optional('UserName', nameShape) ?? (caller.kind === 'user' ? caller.user.name : null);
  if (name === null) throw malformedCaller();
  authorize(call, 'iam:GetUser', 'user', name);
  return { User: userXml(call, existingUser(call, name)) };
}

export function createUser(call: Call): Xml {
  const { state, caller, parameters, nowMs } = call;
  const name = parameters.required('UserName', nameShape);
  const path = parameters.optional('Path', pathShape) ?? '/';
  authorize(call, 'iam:CreateUser', 'user', name, path);
  if (findUser(state, caller.account, name)) throw alreadyExists(`User with name ${name} already exists.`);
  const userId = idOf('AIDA', caller.account, name, String(nowMs));
  const user: AwsUser = { account: caller.account, name, path, userId, keys: [], policies: {} };
  state.users.push(user);
  return { User: userXml(call, user) };
}

export function createAccessKey(call: Call): Xml {
  const name = call.parameters.required('UserName', nameShape);
  authorize(call, 'iam:CreateAccessKey', 'user', name);
  const user = existingUser(call, name);
  const key = { id: `AKIA${base32(randomBytes(16))}`, secret: randomBytes(30).toString('base64') };
  user.keys.push(key);
  return {
    AccessKey: {
      UserName: user.name,
      AccessKeyId: key.id,
      Status: 'Active',
      SecretAccessKey: key.secret,
      CreateDate: isoSeconds(call.nowMs),
    },
  };
}

export function putUserPolicy(call: Call): null {
  const name = call.parameters.required('UserName', nameShape);
  authorize(call, 'iam:PutUserPolicy', 'user', name);
  existingUser(call, name).policies[call.parameters.required('PolicyName')] = identityDocument(call);
  return null;
}

/** Only the caller's own policies speak here: users and roles carry no policy for IAM's calls on them. */
export function authorize(
  call: Call,
  action: string,
  kind: 'role' | 'user',
  name: string,
  newPath?: string,
): void {
  const { state, caller } = call;
  const entity =
    kind === 'role' ? findRole(state, caller.account, name) : findUser(state, caller.account, name);
  const path = newPath ?? entity?.path ?? '/';
  const resource = `arn:${state.partition}:iam::${caller.account}:${kind}${path}${entity?.name ?? name}`;
  const verdict = judgeIdentity(state, caller, action, resource);
  if (verdict === 'allow') return;
  const why =
    verdict === 'deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  const shown = name === '' ? resource : `${kind} ${name}`;
  throw accessDenied(
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${shown} ${why}`,
  );
}

export function existingRole({ state, caller }: Call, name: string): AwsRole {
  const role = findRole(state, caller.account, name);
  if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

function existingUser({ state, caller }: Call, name: string): AwsUser {
  const user = findUser(state, caller.account, name);
  if (!user) throw noSuchEntity(`The user with name ${name} cannot be found.`);
  return user;
}

const malformedCaller = () => noSuchEntity('Must specify userName when calling with non-User credentials');

function identityDocument({ parameters }: Call): string {
  const document = parameters.required('PolicyDocument', { min: 1, max: 131_072 });
  checkIdentityPolicy(document);
  return document;
}

/** The document is URL-encoded, as in IAM. */
export const roleXml = ({ state }: Call, role: AwsRole): Record<string, Xml | undefined> => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.roleId,
  Arn: roleArn(state, role),
  CreateDate: isoSeconds(role.createdAtMs),
  AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
  MaxSessionDuration: role.maxSessionSeconds,
});

/** As IAM shows a role by itself; in lists these are missing. */
const wholeRoleXml = (call: Call, role: AwsRole): Xml => ({
  ...roleXml(call, role),
  RoleLastUsed: {},
  PermissionsBoundary:
    role.boundary === null
      ? undefined
      : { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.boundary.arn },
});

function userXml({ state, nowMs }: Call, user: AwsUser): Xml {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.userId,
    Arn: userArn(state, user),
    CreateDate: isoSeconds(nowMs),
  };
}
