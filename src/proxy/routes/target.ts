// What a request line asks for. The path is decoded and normalised once, here, and nothing later
// looks at its original spelling: what is forwarded is what was judged.
import { CONTAINER_PATH } from '../../model/container-credentials.ts';

export type Target =
  | { kind: 'canary' }
  /** The container credentials: not of the metadata service, and at another address. */
  | { kind: 'container' }
  | { kind: 'token' }
  | { kind: 'listing' }
  /** The role as the caller wrote it: name, path/name or ARN. */
  | { kind: 'document'; role: string }
  | { kind: 'info' }
  /** Anything else under a version: `path` to forward, `name` to look up in the allow-list. */
  | { kind: 'metadata'; path: string; name: string }
  /** A spelling that no honest client uses, or a credential path that does not exist here. */
  | { kind: 'nothing'; why: string };

export interface RequestTarget {
  /** Host of an absolute-form request line, which takes the place of the Host header (RFC 9112, 3.2.2). */
  authority: string | null;
  target: Target;
}

const LISTING = ['meta-data', 'iam', 'security-credentials'];
// What EC2 itself accepts as first segment: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
const VERSION = /^(?:latest|\d+\.\d+|\d{4}-\d{2}-\d{2})$/;
// Characters of the real service's paths; `%` is not among them, so nothing is decoded twice.
const HONEST = /^[\w+=,.:@/-]*$/;

/** Clients ask for a few paths over and over; a long one is none of theirs. */
const MAX_KEPT = 1_000;
const MAX_KEPT_LENGTH = 300;
const kept = new Map<string, RequestTarget>();

/** Never throws, whatever the bytes. */
export function readTarget(requestLine: string): RequestTarget {
  const known = kept.get(requestLine);
  if (known) return known;
  const read = readAnew(requestLine);
  if (requestLine.length <= MAX_KEPT_LENGTH) {
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(requestLine, read);
  }
  return read;
}

function readAnew(requestLine: string): RequestTarget {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is.exec(requestLine);
  const authority = absolute ? absolute[1]! : null;
  const raw = (absolute ? absolute[2]! : requestLine).split(/[?#]/, 1)[0]!;
  let decoded: string;
  try {
    decoded = decodeURIComponent(raw);
  } catch {
    return { authority, target: { kind: 'nothing', why: 'the path is not valid percent-encoding' } };
  }
  return { authority, target: readPath(decoded) };
}

function readPath(decoded: string): Target {
  const segments = normalise(decoded);
  const path = segments.join('/');
  if (/[\x00-\x20\x7f-\uffff]/.test(path)) return { kind: 'nothing', why: 'the path holds odd characters' };
  if (path === '-/pod-iam') return { kind: 'canary' };
  if (decoded === CONTAINER_PATH) return { kind: 'container' };
  const [version = '', ...rest] = segments;
  if (!VERSION.test(version)) return nowhere(path);
  const name = rest.join('/');
  if (name === 'api/token') return { kind: 'token' };
  if (name === 'meta-data/iam/info') return { kind: 'info' };
  if (LISTING.every((segment, i) => rest[i] === segment)) {
    const role = rest.slice(LISTING.length).join('/');
    return role === '' ? { kind: 'listing' } : { kind: 'document', role };
  }
  if (isCredentialPath(path)) return nowhere(path);
  if (!HONEST.test(path)) return { kind: 'nothing', why: 'the path holds odd characters' };
  return { kind: 'metadata', path: `/${path}${decoded.endsWith('/') ? '/' : ''}`, name };
}

const nowhere = (path: string): Target => ({
  kind: 'nothing',
  why: isCredentialPath(path) ? 'no such credential path' : 'no such path',
});

/** Paths that could lead to the node's credentials, in whatever letters. */
function isCredentialPath(path: string): boolean {
  return /security-credentials|identity-credentials|\/iam(?:\/|$)/i.test(`/${path}`);
}

/** Drops empty and `.` segments and resolves `..`, which never leads above the root. */
function normalise(path: string): string[] {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return kept;
}
