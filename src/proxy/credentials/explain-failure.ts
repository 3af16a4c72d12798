// Turns what the SDK throws into words for a pod, an event and a log: which side refuses, as far as
// STS lets on, which check explains it, and whether asking again can help.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
import { CredentialFailure, type FailureKind } from './types.ts';

export interface FailedCall {
  /** Such as `sts:AssumeRole`. */
  what: string;
  roleArn: string | null;
  ownArn: string | null;
}

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
  const name = /^[A-Za-z][\w.:-]{0,63}$/.test(given) ? given : 'an error without a code';
  const status = $metadata?.httpStatusCode ?? 0;
  const failure = (kind: FailureKind, check: string, text: string) =>
    new CredentialFailure(kind, check, status === 0 ? (code ?? name) : name, text);

  if (isThrottling(name, status)) return failure('throttled', 'CR005', 'STS is throttling; ask again');
  if (status === 0) return failure('unavailable', 'CR006', `STS cannot be reached: ${code ?? name}`);
  if (status >= 500) return failure('unavailable', 'CR005', `STS failed with ${status} ${name}; ask again`);
  if (/^AccessDenied/.test(name)) return denied(message, call, failure);
  if (ownFaults.has(name))
    return failure('own', 'ID010', `STS does not accept the daemon's own credentials: ${name}`);
  if (/DurationSeconds/.test(message))
    return failure(
      'refused',
      'GR006',
      `STS refused ${call.what} on ${call.roleArn}: --session-duration is longer than the role or role chaining allows`,
    );
  if (name === 'RegionDisabledException')
    return failure('refused', 'CR006', 'STS is not activated in this region for the account');
  return failure('refused', 'CR005', `STS refused ${call.what} on ${call.roleArn}: ${name}`);
}

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
  failure: (kind: FailureKind, check: string, text: string) => CredentialFailure,
): CredentialFailure {
  const own = ownArn ?? "the daemon's identity";
  const lead = `STS refused ${what} on ${roleArn}`;
  const policy =
    /explicit deny in an? ([a-z -]+? (?:policy|boundary))/.exec(message)?.[1] ??
    /because no ([a-z -]+? (?:policy|boundary)) allows/.exec(message)?.[1];
  if (policy?.startsWith('identity-based'))
    return failure('refused', 'GR001', `${lead}: the policies of ${own} do not let it`);
  if (policy?.startsWith('resource-based'))
    return failure('refused', 'TP018', `${lead}: the role's trust policy does not let ${own}`);
  if (policy) return failure('refused', 'GR003', `${lead}: a ${policy} forbids it`);
  return failure(
    'refused',
    'TP018',
    `${lead}: either the role's trust policy does not name ${own} (or wants another external id), or the policies of ${own} do not allow sts:AssumeRole on it, or there is no such role; STS does not say which`,
  );
}
