// Namespace restrictions: kube2iam's lists, as globs and as regexps, and kiam's one regexp.
import { ALLOWED_ROLES_KEY, PERMITTED_KEY } from '../../../src/model/annotations.ts';
import { DEFAULT_SETTINGS, decideRole } from '../../../src/model/role.ts';
import type { RoleSettings } from '../../../src/model/snapshot.ts';
import { type Area, type Case, row } from './case.ts';

const BASE = 'arn:aws:iam::123456789012:role/';

interface Asked {
  role: string;
  /** The list as kube2iam reads it; null: the namespace has none. */
  list?: string | null;
  /** kiam's regexp. */
  permitted?: string | null;
  settings?: Partial<RoleSettings>;
}

function decided({ role, list = null, permitted = null, settings = {} }: Asked): string {
  const { role: granted, refusal } = decideRole(
    {
      annotations: { 'iam.amazonaws.com/role': role },
      hostNetwork: false,
      namespace: {
        ...(list !== null && { [ALLOWED_ROLES_KEY]: list }),
        ...(permitted !== null && { [PERMITTED_KEY]: permitted }),
      },
    },
    { ...DEFAULT_SETTINGS, baseRoleArn: BASE, namespaceRestrictions: true, ...settings },
  );
  return granted ? 'allowed' : `denied (${refusal!.code})`;
}

type Verdict = 'allowed' | 'denied';
const inWords = (list: string | null): string => (list === null ? 'no list' : `list \`${list}\``);

const saying = ({ defaultRole, namespaceRestrictions, legacyRegexp }: Partial<RoleSettings>): string[] => [
  ...(defaultRole ? [`default role \`${defaultRole}\``] : []),
  ...(namespaceRestrictions === false ? ['without --namespace-restrictions'] : []),
  ...(legacyRegexp ? ['--legacy-regexp'] : []),
];

function kube2iam(
  role: string,
  list: string | null,
  theirs: Verdict,
  ours: string,
  settings: Partial<RoleSettings> = {},
  why: string | null = null,
): Case {
  return row(
    [`\`${role}\``, inWords(list), ...saying(settings)].join(', '),
    { kube2iam: theirs },
    ours,
    () => decided({ role, list, settings }),
    why,
  );
}

const off = { namespaceRestrictions: false };
const NOT_LISTED = 'denied (AN003)';
const UNREADABLE = 'denied (AN013)';

export const globs: Area = {
  title: 'Namespace lists as globs',
  cases: [
    kube2iam('explicit-role', null, 'allowed', 'allowed', off),
    kube2iam('explicit-role', '["explicit-role"]', 'allowed', 'allowed'),
    kube2iam('explicit-role', null, 'denied', NOT_LISTED),
    kube2iam('default-role', null, 'allowed', 'allowed', { defaultRole: `${BASE}default-role` }),
    kube2iam(`${BASE}default-role`, null, 'allowed', 'allowed', { defaultRole: 'default-role' }),
    kube2iam('path/explicit-role', '["path/*"]', 'allowed', 'allowed'),
    kube2iam(`${BASE}path/explicit-role`, `["${BASE}path/*-role"]`, 'allowed', 'allowed'),
    kube2iam('explicit-role', `["${BASE}explicit-role"]`, 'allowed', 'allowed'),
    kube2iam('explicit-role', '', 'denied', UNREADABLE),
    kube2iam('explicit-role', '[]', 'denied', NOT_LISTED),
    kube2iam('explicit-role', '["explicit-role2","explicit-role"]', 'allowed', 'allowed'),
    kube2iam('explicit-role', '["explicit-role2","other"]', 'denied', NOT_LISTED),
    kube2iam('role-/x/y', '["role-*"]', 'allowed', 'allowed'),
    kube2iam('explicit-role', '["*"]', 'allowed', 'allowed'),
    kube2iam('arn:aws:iam::999999999999:role/explicit-role', '["*"]', 'denied', NOT_LISTED),
    kube2iam('explicit-role-2', '["explicit-role"]', 'denied', NOT_LISTED),
    kube2iam('explicit-role', '["explicit.role"]', 'denied', NOT_LISTED),
    kube2iam('explicit-role', '["Explicit-Role"]', 'denied', NOT_LISTED),
    kube2iam('glob-role', '["glob-*","explicit-role"]', 'allowed', 'allowed'),
    kube2iam('test-role', `["${BASE}explicit-role"]`, 'denied', NOT_LISTED),
    kube2iam(
      'arn:aws:iam::999999999999:role/k8s/x',
      '["arn:aws:iam::999999999999:role/k8s/*"]',
      'allowed',
      'allowed',
    ),
    kube2iam('arn:aws:iam::999999999999:role/dev', '["arn:aws:iam::*:role/dev"]', 'allowed', 'allowed'),
    kube2iam('arn:aws:iam::123456789012:role/ModifyRoute53', '["dev/*"]', 'denied', NOT_LISTED),
    kube2iam('xdev', '["dev*"]', 'denied', NOT_LISTED),
    kube2iam('dev', '["*dev*"]', 'allowed', 'allowed'),
    kube2iam('dev', '[""]', 'denied', NOT_LISTED),
    kube2iam(
      'dev',
      '["/dev"]',
      'denied',
      'allowed',
      {},
      'a slash in front is as little part of a role here as in the annotation',
    ),
    kube2iam('d.v', '["d?v"]', 'denied', NOT_LISTED),
  ],
};

const regexp = { permitFormat: 'regexp' as const };
const anchored =
  'a regexp matches the whole role, so that a name cannot be allowed by what it contains; the doctor reports such patterns (AN013), `--legacy-regexp` reads them as kube2iam does';

export const regexps: Area = {
  title: 'Namespace lists as regular expressions',
  cases: [
    kube2iam('default-role', null, 'allowed', 'allowed', { ...regexp, defaultRole: 'default-role' }),
    kube2iam('explicit-role', '["explicit-role"]', 'allowed', 'allowed', regexp),
    kube2iam('explicit-role', '["explicit-.*"]', 'allowed', 'allowed', regexp),
    kube2iam('explicit-role', `["${BASE}explicit-role"]`, 'allowed', 'allowed', regexp),
    kube2iam('explicit-role', `["${BASE}.*"]`, 'allowed', 'allowed', regexp),
    kube2iam('test-role', `["${BASE}explicit-role"]`, 'denied', NOT_LISTED, regexp),
    kube2iam('test-role', '["explicit-role","explicit-role2"]', 'denied', NOT_LISTED, regexp),
    kube2iam('glob-role', '["explicit-role","glob-.*"]', 'allowed', 'allowed', regexp),
    kube2iam('path/explicit-role', '["path/.*"]', 'allowed', 'allowed', regexp),
    kube2iam('dev-admin', '["dev"]', 'allowed', NOT_LISTED, regexp, anchored),
    kube2iam('dev-admin', '["dev"]', 'allowed', 'allowed', { ...regexp, legacyRegexp: true }),
    kube2iam('admin', '["dev|admin-x"]', 'denied', NOT_LISTED, regexp),
    kube2iam(
      'dev',
      '["^dev$"]',
      'denied',
      'allowed',
      regexp,
      'anchors may be written; kube2iam puts the base ARN before them',
    ),
    kube2iam('dev', `["^${BASE}dev$"]`, 'denied', 'allowed', regexp, 'as above'),
    kube2iam('dev-x', '["dev$"]', 'denied', NOT_LISTED, regexp),
    kube2iam('x-admin', '["dev|.*admin"]', 'allowed', 'allowed', regexp),
    kube2iam('path/explicit-role', `["${BASE}path/.*-role"]`, 'allowed', 'allowed', regexp),
    kube2iam('glob-role', '["glob-.*","explicit-role"]', 'allowed', 'allowed', regexp),
    kube2iam('Dev', '["(?i)dev"]', 'allowed', 'allowed', regexp),
    kube2iam('dev', '["(?=dev)dev"]', 'denied', UNREADABLE, regexp),
    kube2iam('explicit-role', '["explicit-["]', 'denied', UNREADABLE, regexp),
    kube2iam('explicit-role', '["explicit-[","explicit-role"]', 'allowed', 'allowed', regexp),
    kube2iam('aaaaaaaaaaaaaaaaaaaaaaaaaaaa', '["(a+)+b"]', 'denied', NOT_LISTED, regexp),
  ],
};

export const lists: Area = {
  title: 'Reading the list',
  cases: [
    kube2iam('role-b', 'not valid json', 'denied', UNREADABLE, {}, 'denied by both; the reason is told'),
    kube2iam('role-b', '["role-a"]', 'denied', NOT_LISTED),
    kube2iam('role-b', '["role-a","role-b","role-c"]', 'allowed', 'allowed'),
    kube2iam('role-b', '{"role-b":true}', 'denied', UNREADABLE),
    kube2iam('role-b', '"role-b"', 'denied', UNREADABLE),
    kube2iam('role-b', '[1,"role-b"]', 'denied', UNREADABLE),
    kube2iam('role-b', ' [ "role-b" ]\n', 'allowed', 'allowed'),
    kube2iam('role-b', 'null', 'denied', UNREADABLE),
    kube2iam('role-b', "['role-b']", 'denied', UNREADABLE),
    kube2iam('role-b', '["role-b",]', 'denied', UNREADABLE),
    kube2iam('role-b', 'role-b', 'denied', UNREADABLE),
  ],
};

function kiam(
  role: string,
  permitted: string | null,
  theirs: Verdict,
  ours: string,
  base = BASE,
  why: string | null = null,
): Case {
  const settings = { baseRoleArn: base === '' ? null : base };
  const what = `\`${role}\`, ${permitted === null ? 'no regexp' : `\`${permitted}\``}${base === BASE ? '' : `, base ARN \`${base}\``}`;
  return row(what, { kiam: theirs }, ours, () => decided({ role, permitted, settings }), why);
}
const SUBPATH = `${BASE}subpath/`;
const vague = 'only kiam without strict anchoring allows it; a part of a name is no role';

export const permitted: Area = {
  title: "kiam's one regular expression",
  cases: [
    kiam('red_role', '^red.*$|^.red.*$', 'allowed', 'allowed'),
    kiam('orange_role', '^red.*$|^.red.*$', 'denied', NOT_LISTED),
    kiam('red_role', '', 'denied', NOT_LISTED),
    kiam('red_role', null, 'denied', NOT_LISTED),
    kiam('red_role', '.*red.*', 'allowed', 'allowed'),
    kiam('red_role', 'red_role', 'allowed', 'allowed'),
    kiam('red_role', 'o', 'allowed', NOT_LISTED, BASE, vague),
    kiam('red_role', 'role', 'allowed', NOT_LISTED, BASE, vague),
    kiam('red_role', '.*', 'allowed', 'allowed'),
    kiam('/red_role', `${BASE}.*`, 'allowed', 'allowed'),
    kiam('red_role', `${BASE}red_role`, 'allowed', 'allowed'),
    kiam('red_role', '.*/subpath/.*', 'allowed', 'allowed', SUBPATH),
    kiam('red_role', `${BASE}red_role`, 'denied', NOT_LISTED, SUBPATH),
    kiam('red_role', `${SUBPATH}red_role`, 'allowed', 'allowed', SUBPATH),
    kiam('blue_role', 'red_role|blue', 'denied', NOT_LISTED),
    kiam('red_role', 'red_(', 'denied', UNREADABLE),
    kiam('anything', '.*red|blue.*', 'denied', NOT_LISTED),
    kiam('team/red_role', '.*', 'allowed', 'allowed'),
    kiam('arn:aws:iam::999999999999:role/red_role', '.*', 'allowed', 'allowed'),
    kiam('arn:aws:iam::999999999999:role/red_role', 'red_role', 'denied', NOT_LISTED),
    kiam('/orange_role', '^red.*$|^.red.*$', 'denied', NOT_LISTED),
    kiam('red_role', ' ', 'denied', NOT_LISTED),
    row(
      'both annotations, of which only the regexp allows it',
      { kube2iam: 'denied', kiam: 'allowed' },
      NOT_LISTED,
      () => decided({ role: 'red_role', list: '["blue"]', permitted: '.*' }),
      "kube2iam's list is the narrower promise",
    ),
    row(
      'a regexp that forbids it, without --namespace-restrictions',
      { kube2iam: 'allowed', kiam: 'denied' },
      'allowed',
      () => decided({ role: 'red_role', permitted: 'blue', settings: off }),
      'the flag is the switch, as with kube2iam; who comes from kiam sets it',
    ),
  ],
};
