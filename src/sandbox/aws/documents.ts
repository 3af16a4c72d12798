// Whether IAM would save a policy document: its grammar by our own parser, and that the users and
// roles that a trust policy names exist.
import { type ParsedPolicy, type PolicyFault, type Principal, parsePolicy } from '../../model/policy.ts';
import { AwsError, malformedPolicy } from './errors.ts';
import { type AwsState, findRole, roleArn, userArn } from './state.ts';

// The quota of an account that never asked for more; white space does not count.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const trustPolicyQuota = 2048;

/** Throws MalformedPolicyDocument or LimitExceeded in IAM's words. */
export function checkTrustPolicy(state: AwsState, document: string): void {
  const { policy, faults, ok } = parsePolicy(document);
  if (!ok) throw malformed(faults);
  if (document.replace(/\s/g, '').length > trustPolicyQuota)
    throw new AwsError('LimitExceeded', 409, `Cannot exceed quota for ACLSizePerRole: ${trustPolicyQuota}`);
  const ghost = policy.statements.flatMap(({ principals }) => principals).find((one) => !exists(state, one));
  if (ghost) throw malformedPolicy(`Invalid principal in policy: "${ghost.type}":"${ghost.text}"`);
}

/** Throws MalformedPolicyDocument. */
export function checkIdentityPolicy(document: string): void {
  const parsed = parsePolicy(document, 'identity');
  if (!parsed.ok) throw malformed(parsed.faults);
}

/** Accounts of which the state holds nothing are taken at their word. */
function exists(state: AwsState, { names }: Principal): boolean {
  const isKnown = (account: string): boolean =>
    account === state.account ||
    [...state.users, ...state.roles].some((entity) => entity.account === account);
  switch (names.kind) {
    case 'role':
      return !isKnown(names.account) || state.roles.some((role) => roleArn(state, role) === names.arn);
    case 'user':
      return !isKnown(names.account) || state.users.some((user) => userArn(state, user) === names.arn);
    case 'session':
      return !isKnown(names.account) || findRole(state, names.account, names.roleName) !== undefined;
    case 'unique-id':
      return [
        ...state.users.map(({ userId }) => userId),
        ...state.roles.map(({ roleId }) => roleId),
      ].includes(names.id);
    default:
      return true;
  }
}

function malformed(faults: ParsedPolicy['faults']): AwsError {
  const fault = faults[0]!;
  return malformedPolicy(iamWords[fault.code]?.(fault) ?? fault.message);
}

/** Where IAM's own wording is known; elsewhere the parser's is more help than an invented one. */
const iamWords: Record<string, (fault: PolicyFault) => string | null> = {
  TP001: ({ message }) => (message.startsWith('not JSON') ? 'This policy contains invalid Json' : null),
  TP003: ({ pointer }) =>
    `Has prohibited field ${pointer.endsWith('NotResource') ? 'NotResource' : 'Resource'}`,
  TP006: () => 'Invalid principal in policy: "STAR":"*"',
  TP024: () => 'AssumeRole policy may only specify STS AssumeRole actions.',
};
