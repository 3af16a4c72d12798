// Turns what the SDK throws into words for a pod, an event and a log: which side refuses, as far as
// STS lets on, which check explains it, and whether asking again can help.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
import type { RefusingSide } from '../../model/sts-refusal.ts';
import { CredentialFailure, type FailureKind } from './types.ts';

export interface FailedCall {
  /** Such as `sts:AssumeRole`. */
  what: string;
  roleArn: string | null;
  ownArn: string | null;
}

/** What a failed call means for pods: final or not, whose fault, and which check knows more. */
export function explainFailure(error: unknown, call: FailedCall): CredentialFailure {
  if (error instanceof CredentialFailure) return error;
  const {
    name: given = 'Error',
    message = '',
    code,
    $metadata,
  } = error as {
    name?: string;
    message?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  // A code is a word; what an endpoint of one's own sends in its place is not repeated.
  const name = given !== 'UnknownError' && /^[A-Za-z][\w.:-]{0,63}$/.test(given) ? given : NO_CODE;
  const status = $metadata?.httpStatusCode ?? 0;
  const failure = (kind: FailureKind, check: string, text: string) =>
    new CredentialFailure(kind, check, status === 0 ? (code ?? name) : name, text);
  const refused = (side: RefusingSide, check: string, text: string) =>
    new CredentialFailure('refused', check, name, text, side);

  if (isThrottling(name, status)) return failure('throttled', 'CR005', 'STS is throttling; ask again');
  if (status === 0) return failure('unavailable', 'CR006', `STS cannot be reached: ${code ?? name}`);
  if (status >= 500) return failure('unavailable', 'CR005', `STS failed with ${status} ${name}; ask again`);
  // STS gives a code with every error: whoever else answers has not decided about the role.
  if (name === NO_CODE)
    return failure('unavailable', 'CR006', `what answers for STS is not STS: ${status} and ${NO_CODE}`);
  if (/^AccessDenied/.test(name)) return denied(message, call, refused);
  if (ownFaults.has(name))
    return failure('own', 'ID010', `STS does not accept the daemon's own credentials: ${name}`);
  if (/DurationSeconds/.test(message))
    return refused(
      'session-duration',
      'GR006',
      `STS refused ${call.what} on ${call.roleArn}: --session-duration is longer than the role or role chaining allows`,
    );
  if (name === 'RegionDisabledException')
    return refused('region', 'CR006', 'STS is not activated in this region for the account');
  return refused('request', 'CR005', `STS refused ${call.what} on ${call.roleArn}: ${name}`);
}

const NO_CODE = 'an error without a code';

const ownFaults = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidIdentityToken',
  'MissingAuthenticationToken',
  'OptInRequired',
  'RequestExpired',
  'InvalidAccessKeyId',
  'NotAuthorized',
]);

const isThrottling = (name: string, status: number): boolean =>
  status === 429 || /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|BandwidthLimitExceeded/.test(name);

function denied(
  message: string,
  { what, roleArn, ownArn }: FailedCall,
  refused: (side: RefusingSide, check: string, text: string) => CredentialFailure,
): CredentialFailure {
  const own = ownArn ?? "the daemon's identity";
  const lead = `STS refused ${what} on ${roleArn}`;
  const policy =
    /explicit deny in an? ([a-z -]+? (?:policy|boundary))/i.exec(message)?.[1] ??
    /because no ([a-z -]+? (?:policy|boundary)) allows/i.exec(message)?.[1];
  if (policy?.startsWith('identity-based'))
    return refused('node-policy', 'GR001', `${lead}: the policies of ${own} do not let it`);
  if (policy?.startsWith('resource-based'))
    return refused('trust-policy', 'TP018', `${lead}: the role's trust policy does not let ${own}`);
  if (policy) return refused(sideOf(policy), 'GR003', `${lead}: a ${policy} forbids it`);
  return refused(
    'undisclosed',
    'TP018',
    `${lead}: either the role's trust policy does not name ${own} (or wants another external id), or the policies of ${own} do not allow sts:AssumeRole on it, or there is no such role; STS does not say which`,
  );
}

const sideOf = (policy: string): RefusingSide => {
  if (policy.endsWith('boundary')) return 'permissions-boundary';
  if (policy.startsWith('session')) return 'session-policy';
  return policy.includes('endpoint') ? 'endpoint-policy' : 'organisation-policy';
};
