// The STS calls: who the caller is, and sessions of roles.
import { type AssumeRequest, refuseAssumeRole } from './authorize.ts';
import { accessDenied, validationError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import type { Caller, SessionFacts, Sessions } from './sessions.ts';
import { type AwsRole, type AwsState, findRole } from './state.ts';
import type { Xml } from './xml.ts';

export interface Call {
  state: AwsState;
  sessions: Sessions;
  parameters: Parameters;
  caller: Caller;
  nowMs: number;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no policy can deny it. */
export function getCallerIdentity({ caller }: Call): Xml {
  return { Arn: caller.arn, UserId: caller.userId, Account: caller.account };
}

const nameShape = { min: 2, max: 64, pattern: '[\\w+=,.@-]*' };

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole(call: Call): Xml {
  const { parameters, caller, state } = call;
  const arn = parameters.required('RoleArn', { min: 20, max: 2048 });
  const sessionName = parameters.required('RoleSessionName', nameShape);
  const durationSeconds = parameters.integer('DurationSeconds', 3600, 900, 43_200);
  const request: AssumeRequest = {
    sessionName,
    externalId: parameters.optional('ExternalId', { min: 2, max: 1224, pattern: '[\\w+=,.@:\\/-]*' }),
    ...readFacts(parameters),
  };

  const role = roleAt(state, arn);
  const refusal = role ? refuseAssumeRole(state, caller, role, request) : implicitDeny;
  if (!role || refusal) {
    const { action, deniedBy } = refusal ?? implicitDeny;
    const why =
      deniedBy === null
        ? ''
        : ` with an explicit deny in ${deniedBy === 'identity-based' ? 'an' : 'a'} ${deniedBy} policy`;
    throw accessDenied(
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${arn}${why}`,
    );
  }
  if (caller.kind === 'session' && durationSeconds > 3600)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  if (durationSeconds > role.maxSessionSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  return sessionAnswer(call, role, sessionName, durationSeconds, request);
}

const implicitDeny = { action: 'sts:AssumeRole', deniedBy: null };

/** Roles are looked up by the whole ARN: a wrong case or path is another role, so one that denies. */
function roleAt(state: AwsState, arn: string): AwsRole | undefined {
  const match = /^arn:([^:]+):iam::(\d{12}):role(\/(?:[^:]*\/)?)([^/:]+)$/.exec(arn);
  if (!match) throw validationError(`${arn} is invalid`);
  const [, partition, account, path, name] = match;
  const role = findRole(state, account!, name!);
  return role?.name === name && role?.path === path && state.partition === partition ? role : undefined;
}

function readFacts(parameters: Parameters): SessionFacts {
  const tags = Object.fromEntries(parameters.members('Tags').map(({ Key = '', Value = '' }) => [Key, Value]));
  return {
    tags,
    transitiveTagKeys: parameters.members('TransitiveTagKeys').map((member) => member[''] ?? ''),
    sourceIdentity: parameters.optional('SourceIdentity', nameShape),
  };
}

function sessionAnswer(
  { sessions, caller: parent }: Call,
  role: AwsRole,
  sessionName: string,
  durationSeconds: number,
  asked: SessionFacts,
): Xml {
  const facts = inherit(parent, asked);
  const { credentials, caller } = sessions.issue(role, sessionName, durationSeconds, facts);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: isoSeconds(credentials.expiresAtMs),
    },
    AssumedRoleUser: { AssumedRoleId: caller.userId, Arn: caller.arn },
    SourceIdentity: facts.sourceIdentity ?? undefined,
    PackedPolicySize: Object.keys(facts.tags).length > 0 ? 6 : undefined,
  };
}

/** Transitive tags and the source identity go on through a chain of roles. */
function inherit(parent: Caller, { tags, transitiveTagKeys, sourceIdentity }: SessionFacts): SessionFacts {
  if (parent.kind === 'user') return { tags, transitiveTagKeys, sourceIdentity };
  const inherited = parent.facts.transitiveTagKeys;
  return {
    tags: { ...tags, ...Object.fromEntries(inherited.map((key) => [key, parent.facts.tags[key] ?? ''])) },
    transitiveTagKeys: [...new Set([...inherited, ...transitiveTagKeys])],
    sourceIdentity: sourceIdentity ?? parent.facts.sourceIdentity,
  };
}

/** `2026-01-31T23:59:59Z`. */
export const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
