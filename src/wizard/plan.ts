// From answers to files: policies and configuration as text, and what should be known beside them.
import { parseRoleArn, type RoleArn, resolveRole } from '../model/arn.ts';
import { generateTrustPolicy, type ProxyTrust } from '../trust-policy/generate.ts';
import { warningsOn } from '../trust-policy/generate-warnings.ts';
import { nodePolicy } from '../trust-policy/node-policy.ts';
import type { Answers } from './answers.ts';
import { type ConfigEntry, configText } from './config-text.ts';
import type { AnnotatedRole } from './detected.ts';

export interface PlanInput {
  answers: Answers;
  /** What the cluster's workloads name, for their external ids. */
  annotated: readonly AnnotatedRole[];
  /** Lines of pod-iam.yaml besides the answers. */
  settings: readonly ConfigEntry[];
  /** The role of pods without annotation; null for none. */
  defaultRole: string | null;
  /** Name → text, under manifests/. */
  manifests: Readonly<Record<string, string>>;
}

export interface Plan {
  /** Path in the output folder → text. */
  files: Record<string, string>;
  /** Roles that the nodes will be able to assume. */
  roles: { arn: string; externalId: string | null }[];
  /** Sentences on what to look at. */
  notes: string[];
}

/** Throws a usage Problem when no role is left or a node role is none. */
export function planFiles(input: PlanInput): Plan {
  const notes: string[] = [];
  const base = input.answers['base-role-arn']?.values[0] ?? null;
  const nodeRoles = input.answers['node-role']?.values ?? [];
  const names = [
    ...(input.answers.role?.values ?? []),
    ...(input.defaultRole === null ? [] : [input.defaultRole]),
  ];
  const roles = resolveAll(names, base, notes);
  const files: Record<string, string> = {
    'pod-iam.yaml': configText([...answerEntries(input.answers), ...input.settings]),
    'policies/node-role.json': nodePolicy(roles.map(({ arn }) => arn)),
  };
  const planned: Plan['roles'] = [];
  for (const role of roles) {
    const externalId = externalIdOf(role, base, input.annotated, notes);
    const options: ProxyTrust = {
      mode: 'proxy',
      nodeIdentities: nodeRoles,
      account: role.account,
      externalId,
    };
    planned.push({ arn: role.arn, externalId });
    files[`policies/${fileNameOf(role, roles)}`] = generateTrustPolicy(options);
    notes.push(...warningsOn(options, role));
  }
  for (const [name, text] of Object.entries(input.manifests)) files[`manifests/${name}`] = text;
  return { files, roles: planned, notes: [...new Set(notes)] };
}

function resolveAll(names: readonly string[], base: string | null, notes: string[]): RoleArn[] {
  const roles = new Map<string, RoleArn>();
  for (const name of names) {
    const resolved = resolveRole(name, base);
    if (resolved.ok) roles.set(resolved.role.arn, resolved.role);
    else notes.push(`${JSON.stringify(name)} names no role, and is left out: ${resolved.why}`);
  }
  return [...roles.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

/** The external id that all workloads of a role carry: a policy that asks for one locks out who has none. */
function externalIdOf(
  role: RoleArn,
  base: string | null,
  annotated: readonly AnnotatedRole[],
  notes: string[],
): string | null {
  const ids = new Set<string | null>();
  for (const { value, externalIds } of annotated) {
    const resolved = resolveRole(value, base);
    if (resolved.ok && resolved.role.arn === role.arn) for (const id of externalIds) ids.add(id);
  }
  if (ids.size === 1) return [...ids][0]!;
  if (ids.size > 1)
    notes.push(`workloads name different external ids for ${role.arn}, so its trust policy asks for none`);
  return null;
}

/** By name alone, or by path and account too where two roles share the name. */
function fileNameOf(role: RoleArn, roles: readonly RoleArn[]): string {
  const isShared = roles.filter(({ name }) => name.toLowerCase() === role.name.toLowerCase()).length > 1;
  const whole = `${role.account}${role.path}${role.name}`.replaceAll('/', '-');
  return `trust-${isShared ? whole : role.name}.json`;
}

function answerEntries(answers: Answers): ConfigEntry[] {
  const names = ['base-role-arn', 'node-role', 'region'] as const;
  return names.flatMap((name): ConfigEntry[] => {
    const answer = answers[name];
    if (!answer) return [];
    const values = name === 'node-role' ? answer.values.map(roleOfSession) : answer.values;
    return [{ key: name, value: values.length === 1 ? values[0]! : values, origin: answer.origin }];
  });
}

/** Sessions end, and their ARNs with them. */
function roleOfSession(arn: string): string {
  const [, partition, account, name] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  const role = `arn:${partition}:iam::${account}:role/${name}`;
  return parseRoleArn(role) ? role : arn;
}
