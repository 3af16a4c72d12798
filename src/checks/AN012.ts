// AN012: a key that is a letter or two off a known one is read by nobody.
import {
  ALLOWED_ROLES_KEY,
  EXTERNAL_ID_KEY,
  IRSA_ROLE_KEY,
  PERMITTED_KEY,
  ROLE_KEY,
  SESSION_NAME_KEY,
} from '../model/annotations.ts';
import { type Finding, pass, warn } from '../model/finding.ts';
import { editDistance } from '../model/nearest.ts';
import type { Snapshot, WorkloadFact } from '../model/snapshot.ts';
import { annotationsPointer, clusterSubject, unread, workloadSubject } from './shared.ts';

const expected = 'annotation keys that are read by something';
const why = 'an annotation under a misspelt key is no annotation';
const FAMILY = 'iam.amazonaws.com/';
const MAX_DISTANCE = 3;

export function run(snapshot: Snapshot): Finding[] {
  const { workloads, settings } = snapshot;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected)];
  const ours = [settings.roleKey, settings.externalIdKey, ROLE_KEY, EXTERNAL_ID_KEY, SESSION_NAME_KEY];
  const forPods = [...new Set(ours)];
  const elsewhere = [settings.namespaceKey, ALLOWED_ROLES_KEY, PERMITTED_KEY, IRSA_ROLE_KEY];
  return workloads.value.flatMap((workload) => judge(workload, forPods, elsewhere));
}

function judge(workload: WorkloadFact, forPods: string[], elsewhere: string[]): Finding[] {
  const of = workloadSubject(workload, { pointer: annotationsPointer(workload) });
  const keys = Object.keys(workload.template.annotations).sort();
  const odd = keys.filter((key) => !forPods.includes(key) && !elsewhere.includes(key));
  const findings = odd.flatMap((key): Finding[] => {
    const near = nearestKey(key, forPods);
    if (near === null && !key.startsWith(FAMILY)) return [];
    const value = workload.template.annotations[key]!;
    return [
      warn(of, {
        expected,
        observed: `nothing reads ${key}: ${value}`,
        why,
        fix:
          near === null
            ? { text: `keys that are read: ${forPods.join(', ')}`, command: null, patch: null }
            : {
                text: `if ${near} is meant, write it so`,
                command: null,
                patch: `${near}: ${JSON.stringify(value)}`,
              },
      }),
    ];
  });
  const read = keys.filter((key) => forPods.includes(key));
  if (findings.length > 0 || read.length === 0) return findings;
  return [pass(of, { expected, observed: read.join(', '), why })];
}

export function nearestKey(key: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= MAX_DISTANCE ? best.candidate : null;
}
