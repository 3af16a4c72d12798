// The answers that pods get, as plain records; the one place where a refusal becomes a status.
import type { Refusal } from '../model/role.ts';
import { OTHER_ROLE, STS_REFUSED } from '../model/sts-refusal.ts';
import type { CredentialFailure } from './credentials/types.ts';
import type { TokenFault } from './who/token-claims.ts';

export interface Answer {
  status: number;
  /** Spelt as EC2 spells them, for scripts that look for `Server: EC2ws`. */
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Of every answer: some old clients look for the name of the real server. */
export const SERVER = 'EC2ws';

export const text = (body: string, headers: Record<string, string> = {}): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain', ...headers },
  body,
});

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: `${JSON.stringify(value)}\n`,
});

/** In the fields that EC2 uses when it cannot give credentials. */
export const refusal = (status: number, code: string, message: string, check: string | null = null): Answer =>
  json({ Code: code, Message: message, ...(check && { Check: check }) }, status);

export const notFound = (message: string): Answer => refusal(404, 'NotFound', message);
export const wrongMethod = (allowed: string): Answer => {
  const answer = refusal(405, 'MethodNotAllowed', `only ${allowed} is answered here`);
  return { ...answer, headers: { ...answer.headers, Allow: allowed } };
};
export const badTtl = (): Answer =>
  refusal(400, 'BadRequest', 'X-aws-ec2-metadata-token-ttl-seconds must be 1 to 21600');
export const forwardedFor = (): Answer =>
  refusal(403, 'Forbidden', 'a request that carries X-Forwarded-For gets no token');
export const noHost = (): Answer => refusal(400, 'BadRequest', 'a request must have a Host header');
export const wrongHost = (): Answer =>
  refusal(403, 'Forbidden', 'the Host header is not that of the metadata service');
export const tokenNeeded = (): Answer =>
  refusal(401, 'Unauthorized', 'a valid session token for this address is needed (IMDSv2)');
export const unknownCaller = (address: string, callers: string): Answer =>
  refusal(404, 'UnknownCaller', `no ${callers} is known to have the address ${address}`);

/** Who may ask, in sentences. */
export const callersOf = (docker: object | null): string =>
  docker === null ? 'pod of this node' : 'running container';

/** A pod without a role: 404, at which SDKs go on to their next source; a forbidden one: 403. */
export const roleRefused = ({ kind, why, code }: Refusal): Answer =>
  kind === 'no-role' ? refusal(404, 'NoRole', why, code) : refusal(403, 'RoleNotAllowed', why, code);

export const otherRole = (): Answer =>
  refusal(403, OTHER_ROLE, 'the role asked for is not the role of this pod', 'LK002');

/**
 * 403 is a no of STS, which holds until somebody changes a policy; its code tells it from those of the
 * daemon. 503 says that asking again may help: SDKs go on asking for seconds after any 5xx.
 */
export function credentialsFailed({ kind, message, check, side }: CredentialFailure): Answer {
  if (kind === 'refused')
    return json({ Code: STS_REFUSED, Message: message, RefusedBy: 'STS', Side: side, Check: check }, 403);
  const answer = refusal(503, 'CredentialsUnavailable', message, check);
  return { ...answer, headers: { ...answer.headers, 'Retry-After': '1' } };
}

/** At the container credentials endpoint errors are plain text, which SDKs show as it is. */
export const containerRefusal = (
  status: number,
  why: string,
  headers: Record<string, string> = {},
): Answer => ({
  status,
  headers: { 'Content-Type': 'text/plain', ...(isPassing(status) && { 'Retry-After': '1' }), ...headers },
  body: `${why}\n`,
});

const isPassing = (status: number): boolean => status === 429 || status === 503;

const tokenStatus: Record<TokenFault['kind'], number> = {
  unreadable: 400,
  expired: 400,
  'not-accepted': 401,
  'not-served': 403,
  'too-many': 429,
  unavailable: 503,
};

export const tokenRefused = ({ kind, why }: TokenFault): Answer => containerRefusal(tokenStatus[kind], why);

export const roleRefusedInText = ({ kind, why, code }: Refusal): Answer =>
  containerRefusal(kind === 'no-role' ? 404 : 403, withCheck(why, code));

/** A no of STS is final here: SDKs ask again after each 5xx. */
export const credentialsFailedInText = ({ kind, message, check }: CredentialFailure): Answer =>
  containerRefusal(kind === 'refused' ? 403 : 503, withCheck(message, check));

const withCheck = (why: string, check: string): string => `${why} (${check})`;

/** EC2's form of an instant: whole seconds and a Z. */
export const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
