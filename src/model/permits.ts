// Namespace restrictions: which roles may the pods of a namespace have. Whole ARNs are matched, after
// the base ARN was put before a bare name.
import { createHash } from 'node:crypto';
import { ALLOWED_ROLES_KEY, type Annotations, PERMITTED_KEY } from './annotations.ts';
import {
  globPattern,
  hasOpenAlternative,
  kiamPattern,
  legacyPattern,
  MAX_COST,
  type Pattern,
  regexpPattern,
} from './pattern.ts';

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

/** Decides whether pods of a namespace with these annotations may have a role. Absent lists deny. */
export function permitRole(roleArn: string, namespace: Annotations, settings: PermitSettings): Permit {
  const { namespaceKey, permitFormat, baseRoleArn, legacyRegexp } = settings;
  const texts = [namespace[namespaceKey] ?? null, namespace[PERMITTED_KEY] ?? null];
  const listKey = hashOf([namespaceKey, permitFormat, baseRoleArn, legacyRegexp, ...texts]);
  return kept(decided, MAX_DECIDED, hashOf([roleArn, listKey]), () =>
    decide(
      roleArn,
      kept(compiled, MAX_COMPILED, listKey, () => readPatterns(namespace, settings)),
      namespaceKey,
    ),
  );
}

// The daemon asks the same for every request of a pod, and compiling is what costs. Decisions are small
// whatever a tenant writes; of programs only the last few are kept, for a pod whose role changes all the time.
const decided = new Map<string, Permit>();
const MAX_DECIDED = 256;
const compiled = new Map<string, PatternList | null>();
const MAX_COMPILED = 8;

const hashOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64');

/** Of those that are kept, else made and kept in place of the oldest. */
function kept<Value>(known: Map<string, Value>, most: number, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  if (known.size >= most) known.delete(known.keys().next().value!);
  known.set(key, made);
  return made;
}

function decide(roleArn: string, list: PatternList | null, namespaceKey: string): Permit {
  if (list === null) {
    const keys = `${namespaceKey || ALLOWED_ROLES_KEY} nor ${PERMITTED_KEY}`;
    return denied('AN003', `the namespace has neither ${keys}, and namespace restrictions are on`, null);
  }
  const match = list.patterns.find((pattern) => pattern.matches(roleArn));
  if (match) {
    const why = `the namespace's ${list.key} allows it by "${clip(match.text)}"`;
    return { allowed: true, code: null, why, pattern: match.text };
  }
  if (list.fault !== null) return denied('AN013', `the namespace's ${list.key} ${list.fault}`, null);
  const near = nearest(roleArn, list.patterns);
  const hint = near === null ? 'it is an empty list' : `the nearest pattern is "${clip(near)}"`;
  return denied('AN003', `the namespace's ${list.key} does not allow it; ${hint}`, near);
}

const denied = (code: 'AN003' | 'AN013', why: string, pattern: string | null): Permit => ({
  allowed: false,
  code,
  why,
  pattern,
});

/** What is wrong with a namespace's list, in words; null when it can be read or is absent. */
export function permitFault(namespace: Annotations, settings: PermitSettings): string | null {
  const list = readPatterns(namespace, settings);
  return list === null || list.fault === null ? null : `${list.key} ${list.fault}`;
}

/**
 * Patterns that match more than they say under kube2iam or kiam: those that kube2iam finds at the start
 * of a longer name, and those with alternatives, which neither of them anchors at both ends.
 */
export function unanchoredPatterns(namespace: Annotations, settings: PermitSettings): string[] {
  const own = ownList(namespace, settings);
  if (own === undefined) {
    const kiam = namespace[PERMITTED_KEY];
    return kiam !== undefined && hasOpenAlternative(kiam) ? [kiam] : [];
  }
  if (settings.permitFormat !== 'regexp') return [];
  const entries = parseEntries(own);
  if (!Array.isArray(entries)) return [];
  return entries.filter((entry) => !/(?<!\\)(?:\\\\)*(?:\$|\.\*)$/.test(entry) || hasOpenAlternative(entry));
}

interface PatternList {
  /** The annotation that it was read from. */
  key: string;
  /** Those that can be read; a bad one does not take the good ones with it, as in kube2iam. */
  patterns: Pattern[];
  /** The first thing that is wrong, to follow the key in a sentence. */
  fault: string | null;
}

function readPatterns(namespace: Annotations, settings: PermitSettings): PatternList | null {
  const { namespaceKey, permitFormat, baseRoleArn, legacyRegexp } = settings;
  const own = ownList(namespace, settings);
  if (own !== undefined) {
    const read = permitFormat === 'glob' ? globPattern : legacyRegexp ? legacyPattern : regexpPattern;
    return compileAll(namespaceKey, parseEntries(own), (entry) => read(entry, baseRoleArn));
  }
  const kiam = namespace[PERMITTED_KEY];
  if (kiam === undefined) return null;
  const entries = kiam.trim() === '' ? [] : [kiam];
  return compileAll(PERMITTED_KEY, entries, (entry) => kiamPattern(entry, baseRoleArn));
}

/** Under kiam's own key stands kiam's regexp, unless somebody has taken a list along to there. */
function ownList(namespace: Annotations, { namespaceKey }: PermitSettings): string | undefined {
  const own = namespace[namespaceKey];
  const isKiams = namespaceKey === PERMITTED_KEY && own !== undefined && !Array.isArray(parseEntries(own));
  return isKiams ? undefined : own;
}

const MAX_LIST_LENGTH = 64 * 1024;
const MAX_PATTERNS = 1000;

/** The list, or what is wrong with it. */
function parseEntries(text: string): string[] | string {
  if (text.length > MAX_LIST_LENGTH) return `is longer than ${MAX_LIST_LENGTH} characters`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON; it must be an array of strings such as ["blue","team/*"]';
  }
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
    return 'is not a JSON array of strings';
  if (value.length > MAX_PATTERNS) return `holds more than ${MAX_PATTERNS} patterns`;
  return value;
}

function compileAll(key: string, entries: string[] | string, read: (entry: string) => Pattern): PatternList {
  if (typeof entries === 'string') return { key, patterns: [], fault: entries };
  const list: PatternList = { key, patterns: [], fault: null };
  let room = MAX_COST;
  for (const entry of entries) {
    try {
      const pattern = read(entry);
      room -= pattern.cost;
      // Reading on would let a list of many middling patterns cost what one large one may not.
      if (room < 0) return { ...list, fault: TOO_LARGE };
      list.patterns.push(pattern);
    } catch (error) {
      list.fault ??=
        error instanceof RangeError
          ? `holds "${clip(entry)}", ${error.message}`
          : `holds "${clip(entry)}", which is no valid regular expression (RE2 syntax)`;
    }
  }
  return list;
}

const TOO_LARGE =
  'holds regular expressions that are too large together; patterns from there on are not read';

const clip = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`);

function nearest(roleArn: string, patterns: Pattern[]): string | null {
  const name = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const score = (text: string): number => sharedPrefix(text, text.startsWith('arn:') ? roleArn : name);
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
