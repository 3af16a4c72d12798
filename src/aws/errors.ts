// Turns what the AWS SDK throws into problems that a user can act on: which call, why, what next.
import { environmentProblem, Problem } from '../model/problem.ts';
import type { Grant } from '../model/snapshot.ts';

/** What was being asked when the error came. */
export interface AwsCall {
  /** The IAM action, such as `iam:GetRole`. */
  action: string;
  /** The object of the call in words, such as `role blue`; null for none. */
  subject: string | null;
  /** The ARN, or pattern of ARNs, that a policy must name to allow the call; the account may be `*`. */
  resource: string;
}

/** Said by all commands, since a call to AWS does not know whose it is. */
const WITHOUT = 'doctor, verify, snapshot and init also go without AWS: --no-aws';

/**
 * The SDK's error as a problem; one that is a problem already passes.
 * @param profile the profile that the user named; null for none
 */
export function awsProblem(error: unknown, call: AwsCall, profile: string | null = null): Problem {
  if (error instanceof Problem) return error;
  const details = readError(error);
  const of = call.subject === null ? '' : ` for ${call.subject}`;
  const base = { why: details.why, cause: error };

  if (details.name === 'CredentialsProviderError' || details.name === 'TokenProviderError')
    return environmentProblem({
      ...base,
      code: 'NO_AWS_CREDENTIALS',
      what: `no AWS credentials were found${profile === null ? '' : ` in the profile "${profile}"`}`,
      next: `sign in (aws sso login, aws configure), or name a profile (--profile NAME); ${WITHOUT}`,
    });
  if (expired.has(details.name))
    return environmentProblem({
      ...base,
      code: 'NO_AWS_CREDENTIALS',
      what: 'the AWS credentials have expired',
      next: 'get new ones (aws sso login, or as you got these), then run this again',
    });
  if (rejected.has(details.name))
    return environmentProblem({
      ...base,
      code: 'NO_AWS_CREDENTIALS',
      what: 'AWS does not accept the credentials',
      next: 'check AWS_PROFILE, AWS_ACCESS_KEY_ID and this machine\'s clock; "aws sts get-caller-identity" must work',
    });
  if (denied.has(details.name))
    return environmentProblem({
      ...base,
      code: 'AWS_DENIED',
      what: `AWS does not allow ${call.action}${of}`,
      next: `allow it in a policy of the caller: ${JSON.stringify(statementFor(inAccountOf(details.why, call)))}`,
    });
  if (details.isNetwork)
    return environmentProblem({
      ...base,
      code: 'AWS_UNREACHABLE',
      what: `AWS did not answer ${call.action}${of}`,
      next: `check the network, AWS_REGION and AWS_ENDPOINT_URL; ${WITHOUT}`,
    });
  if (details.isUnreadable)
    return environmentProblem({
      ...base,
      code: 'AWS_API',
      what: `what answered ${call.action}${of} is no AWS API, or one that does not know the call`,
      next: `check AWS_ENDPOINT_URL, and proxies on the way; ${WITHOUT}`,
    });
  const what = details.isAnswered ? 'AWS refused' : 'AWS could not be asked for';
  return environmentProblem({
    ...base,
    code: 'AWS_API',
    what: `${what} ${call.action}${of}`,
    next: `mend what AWS names; ${WITHOUT}`,
  });
}

/** What to give the caller so that a call is allowed next time. */
export const grantFor = (call: AwsCall): Grant => ({
  needs: `${call.action} on ${call.resource}`,
  snippet: JSON.stringify({ Version: '2012-10-17', Statement: [statementFor(call)] }, null, 2),
});

const statementFor = ({ action, resource }: AwsCall): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});

/** A denial says who was denied, so the policy can name the caller's own account. */
function inAccountOf(why: string, call: AwsCall): AwsCall {
  const [, partition, account] = /User: arn:([^:]+):[^:]+::(\d{12}):/.exec(why) ?? [];
  if (partition === undefined || account === undefined) return call;
  return {
    ...call,
    resource: call.resource.replace(/^arn:aws:iam::\*:/, `arn:${partition}:iam::${account}:`),
  };
}

const denied = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
const expired = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']);
const rejected = new Set([
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'IncompleteSignature',
]);
const networkNames = new Set(['TimeoutError', 'AbortError', 'NetworkingError']);
const networkCodes = new Set([
  ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EPROTO'],
]);

interface ErrorDetails {
  name: string;
  why: string;
  isNetwork: boolean;
  isAnswered: boolean;
  /** An answer came, and the SDK could not take it apart: HTML, for example. */
  isUnreadable: boolean;
}

function readError(error: unknown): ErrorDetails {
  if (!(error instanceof Error))
    return { name: '', why: String(error), isNetwork: false, isAnswered: false, isUnreadable: false };
  const { code, errors, $metadata } = error as Error & {
    code?: string;
    errors?: Error[];
    $metadata?: { requestId?: string; httpStatusCode?: number };
  };
  if (error.message.includes('Deserialization error'))
    return {
      name: error.name,
      why: `its answer cannot be read (HTTP ${$metadata?.httpStatusCode ?? 'status unknown'})`,
      isNetwork: false,
      isAnswered: false,
      isUnreadable: true,
    };
  // Node gathers one error per address of a host, and leaves their common message empty.
  const message = firstLine(error.message) || firstLine(errors?.[0]?.message ?? '') || code || error.name;
  const isAnswered = $metadata?.requestId !== undefined;
  const label = isAnswered && error.name !== 'Error' ? `${error.name}: ` : '';
  const suffix = isAnswered ? ` (request id ${$metadata.requestId})` : '';
  return {
    name: error.name,
    why: redact(`${label}${message}${suffix}`),
    isNetwork:
      !isAnswered &&
      (networkNames.has(error.name) || networkCodes.has(code ?? '') || /CERT|TLS|SSL/.test(code ?? '')),
    isAnswered,
    isUnreadable: false,
  };
}

/** Some refusals quote the request's Authorization header: of a key id only the end is shown. */
const redact = (text: string): string => text.replace(/\bA[KS]IA[A-Z0-9]{8,}\b/g, (id) => `…${id.slice(-4)}`);

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
