// Saves and reads snapshots. What is saved is redacted in ways that change no verdict: replayed, the
// file gives the same results as the cluster did.
import { readFileSync } from 'node:fs';
import { nearestKey } from '../checks/AN012.ts';
import { EXTERNAL_ID_KEY, OWN_PREFIX } from '../model/annotations.ts';
import type { DecidedBy } from '../model/check.ts';
import { fileFault } from '../model/file-fault.ts';
import { usageProblem } from '../model/problem.ts';
import { type ContainerFact, knownOr, noAwsFacts, type Snapshot } from '../model/snapshot.ts';

export interface SavedSnapshot {
  schemaVersion: 1;
  kind: 'pod-iam snapshot';
  version: string;
  /** By what the run that saved it could decide. */
  by: DecidedBy[];
  snapshot: Snapshot;
}

/**
 * External ids become `external-id-N` everywhere (also in trust policies), the values of annotations
 * and variables that no check reads are emptied. Account ids and names stay: the checks are about them.
 */
export function redactSnapshot(snapshot: Snapshot): Snapshot {
  const aliases = externalIdAliases(snapshot);
  const isRead = readKeys(snapshot);
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return alias(value, aliases);
    if (Array.isArray(value)) return value.map((entry) => visit(entry, key));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
      if (key === 'annotations' && typeof member === 'string' && !isRead(name)) return [name, ''];
      if (name === 'env') return [name, (member as ContainerFact['env']).map(redactVariable)];
      return [name, visit(member, name)];
    });
    return Object.fromEntries(entries);
  };
  return visit(snapshot, '') as Snapshot;
}

function externalIdAliases({ workloads, pods, settings }: Snapshot): Map<string, string> {
  const templates = [...knownOr(workloads, []), ...knownOr(pods, [])].map(
    ({ template }) => template.annotations,
  );
  const ids = templates.flatMap((annotations) =>
    [settings.externalIdKey, EXTERNAL_ID_KEY].flatMap((key) => annotations[key] ?? []),
  );
  return new Map([...new Set(ids)].sort().map((id, index) => [id, `external-id-${index + 1}`]));
}

/** A whole text, or quoted inside a policy document. */
function alias(text: string, aliases: ReadonlyMap<string, string>): string {
  const whole = aliases.get(text);
  if (whole !== undefined) return whole;
  let result = text;
  for (const [id, name] of aliases) result = result.replaceAll(JSON.stringify(id), JSON.stringify(name));
  return result;
}

function readKeys({ settings }: Snapshot): (key: string) => boolean {
  const own = [settings.roleKey, settings.externalIdKey, settings.namespaceKey];
  return (key) =>
    own.includes(key) ||
    key.includes('amazonaws.com/') ||
    key.startsWith(OWN_PREFIX) ||
    nearestKey(key, own) !== null;
}

const redactVariable = (variable: ContainerFact['env'][number]): ContainerFact['env'][number] =>
  /^AWS_|_proxy$/i.test(variable.name) ? variable : { ...variable, value: null };

/** @throws Problem of kind usage for a file that is no snapshot of this schema */
export function readSnapshotFile(path: string): SavedSnapshot {
  let value: SavedSnapshot;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as SavedSnapshot;
  } catch (error) {
    throw usageProblem({
      code: 'NO_SNAPSHOT',
      what: `${path} cannot be read as a snapshot`,
      why: error instanceof SyntaxError ? 'it is not JSON' : fileFault(error),
      next: 'pod-iam snapshot --output FILE',
    });
  }
  if (value?.kind !== 'pod-iam snapshot' || value.schemaVersion !== 1 || !Array.isArray(value.by))
    throw usageProblem({
      code: 'NO_SNAPSHOT',
      what: `${path} is no snapshot of pod-iam, or one of another schema`,
      next: 'pod-iam snapshot --output FILE',
    });
  // Facts that releases before did not read.
  value.snapshot.aws = {
    ...noAwsFacts('the release that saved the snapshot did not read it'),
    ...value.snapshot.aws,
  };
  return value;
}
