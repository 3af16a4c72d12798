// Verifies AWS Signature Version 4 as STS and IAM do: the key, the clock, the session token, what
// was signed, and the signature itself over the bytes that came.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  expiredToken,
  incompleteSignature,
  invalidClientToken,
  missingToken,
  signatureMismatch,
} from './errors.ts';

export interface SignedRequest {
  method: string;
  /** Path and query as they were sent. */
  target: string;
  /** Lower-case names; several values of one name joined by a comma. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

export interface SigningKey {
  secret: string;
  /** Null for a user's long-lived key, which comes without a token. */
  sessionToken: string | null;
  /** Null for a key that does not expire. */
  expiresAtMs: number | null;
}

// AWS: "In most cases, a request must reach AWS within five minutes of the time stamp in the request."
const maxSkewMs = 5 * 60_000;

/**
 * Checks a request's signature.
 * @returns the access key id and the service that the signature is for
 * @throws AwsError in AWS's words
 */
export function verifySignature<K extends SigningKey>(
  request: SignedRequest,
  findKey: (accessKeyId: string) => K | undefined,
  nowMs: number,
): { key: K; accessKeyId: string; service: string } {
  const authorization = parseAuthorization(request.headers['authorization']);
  const [accessKeyId, day, region, service] = authorization.scope;
  const date = request.headers['x-amz-date'] ?? '';
  const signedAtMs = parseAmzDate(date);
  if (signedAtMs === null)
    throw incompleteSignature(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  if (!date.startsWith(day))
    throw signatureMismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${date.slice(0, 8)}', from '${date}'.`,
    );

  const key = findKey(accessKeyId);
  if (!key || !tokenMatches(key, request.headers['x-amz-security-token'])) throw invalidClientToken();
  checkSignedHeaders(authorization.signedHeaders, request.headers);
  checkClock(date, signedAtMs, nowMs);

  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    date,
    scope,
    sha256(canonicalRequest(request, authorization.signedHeaders)),
  ].join('\n');
  const signingKey = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${key.secret}`,
  );
  const expected = Buffer.from(hmac(signingKey, toSign).toString('hex'));
  const given = Buffer.from(authorization.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw signatureMismatch();
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) throw expiredToken();
  return { key, accessKeyId, service };
}

function parseAuthorization(header: string | undefined): {
  scope: [accessKeyId: string, day: string, region: string, service: string];
  signedHeaders: string[];
  signature: string;
} {
  if (header === undefined) throw missingToken();
  const [algorithm, ...rest] = header.trim().split(/\s+/);
  if (algorithm !== 'AWS4-HMAC-SHA256')
    throw incompleteSignature(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  const fields = new Map(
    rest
      .join('')
      .split(',')
      .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  for (const name of ['Credential', 'Signature', 'SignedHeaders']) {
    if (!fields.get(name)) throw incompleteSignature(`Authorization header requires '${name}' parameter.`);
  }
  const scope = fields.get('Credential')!.split('/');
  if (scope.length !== 5 || scope[4] !== 'aws4_request')
    throw incompleteSignature(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    );
  return {
    scope: [scope[0]!, scope[1]!, scope[2]!, scope[3]!],
    signedHeaders: fields.get('SignedHeaders')!.toLowerCase().split(';'),
    signature: fields.get('Signature')!,
  };
}

/** `20260131T235959Z` in milliseconds; null when it is no such date. */
function parseAmzDate(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function tokenMatches(key: SigningKey, given: string | undefined): boolean {
  return key.sessionToken === null ? given === undefined : given === key.sessionToken;
}

/** The host and whatever x-amz- header is there must be part of what was signed. */
function checkSignedHeaders(signed: string[], headers: SignedRequest['headers']): void {
  const required = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const unsigned = required.filter((name) => !signed.includes(name));
  if (unsigned.length > 0)
    throw signatureMismatch(
      `'${unsigned.map(titleCase).join("', '")}' must be a 'SignedHeader' in the AWS Authorization.`,
    );
}

const titleCase = (name: string): string => name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());

function checkClock(date: string, signedAtMs: number, nowMs: number): void {
  const edge = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
  if (signedAtMs < nowMs - maxSkewMs)
    throw signatureMismatch(
      `Signature expired: ${date} is now earlier than ${edge(nowMs - maxSkewMs)} (${edge(nowMs)} - 5 min.)`,
    );
  if (signedAtMs > nowMs + maxSkewMs)
    throw signatureMismatch(
      `Signature not yet current: ${date} is still later than ${edge(nowMs + maxSkewMs)} (${edge(nowMs)} + 5 min.)`,
    );
}

function canonicalRequest({ method, target, headers, body }: SignedRequest, signedHeaders: string[]): string {
  const cut = target.indexOf('?');
  const path = cut < 0 ? target : target.slice(0, cut);
  const query = cut < 0 ? '' : target.slice(cut + 1);
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n');
}

/** Each segment of the path as sent is encoded once more, as for every service but S3. */
const canonicalPath = (path: string): string => path.split('/').map(encode).join('/') || '/';

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const cut = pair.indexOf('=');
      const [name, value] = cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
      return `${encode(decode(name))}=${encode(decode(value))}`;
    })
    .sort()
    .join('&');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986: everything but unreserved characters. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
