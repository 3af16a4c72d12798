// Namespace restrictions: which roles may the pods of a namespace have. Patterns are written by
// tenants, so they run on RE2 (the syntax kube2iam and kiam use, in linear time) and whole-match only.
import { RE2JS } from 're2js';
import { ALLOWED_ROLES_KEY, type Annotations, PERMITTED_KEY } from './annotations.ts';

export type PermitFormat = 'glob' | 'regexp';

export interface PermitSettings {
  namespaceKey: string;
  permitFormat: PermitFormat;
  baseRoleArn: string | null;
  /** Match regexps anywhere in the ARN, as kube2iam does. */
  legacyRegexp: boolean;
}

export interface Permit {
  allowed: boolean;
  /** AN003: outside the list. AN013: the list cannot be read. Null when allowed. */
  code: 'AN003' | 'AN013' | null;
  why: string;
  /** The pattern that matched, or the one that came nearest. */
  pattern: string | null;
}

const MAX_LIST_BYTES = 64 * 1024;
const MAX_PATTERN_BYTES = 4 * 1024;

interface Pattern {
  text: string;
  matches(roleArn: string): boolean;
}

type PatternList = { ok: true; key: string; patterns: Pattern[] } | { ok: false; key: string; why: string };

/** Decides whether pods of a namespace with these annotations may have a role. Absent lists deny. */
export function permitRole(roleArn: string, namespace: Annotations, settings: PermitSettings): Permit {
  const list = readPatterns(namespace, settings);
  if (list === null) {
    const keys = `${settings.namespaceKey || ALLOWED_ROLES_KEY} nor ${PERMITTED_KEY}`;
    return denied('AN003', `the namespace has neither ${keys}, and namespace restrictions are on`, null);
  }
  if (!list.ok) return denied('AN013', `the namespace's ${list.key} ${list.why}`, null);
  const match = list.patterns.find((pattern) => pattern.matches(roleArn));
  if (match)
    return {
      allowed: true,
      code: null,
      why: `the namespace's ${list.key} allows it by "${match.text}"`,
      pattern: match.text,
    };
  const near = nearest(roleArn, list.patterns);
  const hint = near === null ? 'it is an empty list' : `the nearest pattern is "${near}"`;
  return denied('AN003', `the namespace's ${list.key} does not allow it; ${hint}`, near);
}

/** What is wrong with a namespace's list, in words; null when it can be read or is absent. */
export function permitFault(namespace: Annotations, settings: PermitSettings): string | null {
  const list = readPatterns(namespace, settings);
  return list === null || list.ok ? null : `${list.key} ${list.why}`;
}

/** Patterns that kube2iam would have matched anywhere in an ARN, and that match the whole ARN here. */
export function unanchoredPatterns(namespace: Annotations, settings: PermitSettings): string[] {
  const text = namespace[settings.namespaceKey];
  if (text === undefined || settings.permitFormat !== 'regexp') return [];
  const entries = parseEntries(text);
  if (!Array.isArray(entries)) return [];
  return entries.filter((entry) => !entry.endsWith('$'));
}

const denied = (code: 'AN003' | 'AN013', why: string, pattern: string | null): Permit => ({
  allowed: false,
  code,
  why,
  pattern,
});

function readPatterns(namespace: Annotations, settings: PermitSettings): PatternList | null {
  const own = namespace[settings.namespaceKey];
  if (own !== undefined)
    return compileAll(settings.namespaceKey, parseEntries(own), (entry) => kube2iamPattern(entry, settings));
  const kiam = namespace[PERMITTED_KEY];
  if (kiam === undefined) return null;
  return compileAll(PERMITTED_KEY, kiam.trim() === '' ? [] : [kiam], (entry) =>
    kiamPattern(entry, settings.baseRoleArn),
  );
}

function parseEntries(text: string): string[] | string {
  if (text.length > MAX_LIST_BYTES) return `is longer than ${MAX_LIST_BYTES} characters`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON; it must be an array of strings such as ["blue","team/*"]';
  }
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
    return 'is not a JSON array of strings';
  return value;
}

function compileAll(
  key: string,
  entries: string[] | string,
  compile: (entry: string) => Pattern,
): PatternList {
  if (typeof entries === 'string') return { ok: false, key, why: entries };
  const patterns: Pattern[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_PATTERN_BYTES)
      return { ok: false, key, why: `holds a pattern of over ${MAX_PATTERN_BYTES} characters` };
    try {
      patterns.push(compile(entry));
    } catch {
      return { ok: false, key, why: `holds "${entry}", which is no valid regular expression (RE2 syntax)` };
    }
  }
  return { ok: true, key, patterns };
}

function kube2iamPattern(entry: string, settings: PermitSettings): Pattern {
  if (settings.permitFormat === 'glob') {
    const whole = entry.startsWith('arn:') ? entry : (settings.baseRoleArn ?? '') + entry.replace(/^\//, '');
    return { text: entry, matches: (arn) => globMatches(whole, arn) };
  }
  const bare = entry.replace(/^\^/, '');
  const source = bare.startsWith('arn:')
    ? bare
    : `${RE2JS.quote(settings.baseRoleArn ?? '')}(?:${dropEnd(bare)})`;
  const regexp = RE2JS.compile(source);
  return {
    text: entry,
    matches: (arn) => (settings.legacyRegexp ? regexp.matcher(arn).find() : regexp.matches(arn)),
  };
}

// kiam 4 matches whole ARNs, kiam 3 the names as annotated: both readings are anchored here.
function kiamPattern(entry: string, baseArn: string | null): Pattern {
  const whole = RE2JS.compile(entry);
  const named =
    baseArn === null
      ? null
      : RE2JS.compile(`${RE2JS.quote(baseArn)}(?:${dropEnd(entry.replace(/^\^/, ''))})`);
  return { text: entry, matches: (arn) => whole.matches(arn) || (named?.matches(arn) ?? false) };
}

const dropEnd = (source: string): string => source.replace(/(?<!\\)\$$/, '');

/** `*` matches any run of characters, slashes too; all else is literal. Linear in pattern times text. */
export function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts.shift()!;
  if (parts.length === 0) return pattern === text;
  const last = parts.pop()!;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function nearest(roleArn: string, patterns: Pattern[]): string | null {
  const name = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const score = (text: string) => sharedPrefix(text, text.startsWith('arn:') ? roleArn : name);
  return patterns.reduce<string | null>(
    (best, { text }) => (best === null || score(text) > score(best) ? text : best),
    null,
  );
}

function sharedPrefix(a: string, b: string): number {
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  return n;
}
