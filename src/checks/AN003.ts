// AN003: with namespace restrictions on, the role must be in its namespace's allow-list. Decided by
// the function that the daemon decides with.
import { type Finding, fail, pass, unknown } from '../model/finding.ts';
import { permitRole } from '../model/permits.ts';
import { quote } from '../model/shell.ts';
import type { Snapshot } from '../model/snapshot.ts';
import {
  clusterSubject,
  namespaceAnnotations,
  unread,
  workloadSubject,
  workloadsWithRole,
} from './shared.ts';

const why = 'the daemon answers 403 for a role outside the list';

export function run(snapshot: Snapshot): Finding[] {
  const { settings, workloads, namespaces } = snapshot;
  if (!settings.namespaceRestrictions) return [];
  const expected = `the role is allowed by ${settings.namespaceKey} of its namespace`;
  for (const fact of [workloads, namespaces])
    if (fact.state === 'unknown') return [unread(fact, clusterSubject(snapshot), expected)];
  return workloadsWithRole(snapshot).map(({ workload, role }): Finding => {
    const of = workloadSubject(workload, { role: role.arn });
    const annotations = namespaceAnnotations(snapshot, workload.namespace);
    if (annotations === undefined)
      return unknown(of, {
        expected,
        observed: `the namespace ${workload.namespace} is not among those that were read`,
        why,
        fix: { text: 'add the namespace to the files that are checked', command: null, patch: null },
      });
    const permit = permitRole(role.arn, annotations, settings);
    if (permit.allowed) return pass(of, { expected, observed: permit.why, why });
    const list = withRole(annotations[settings.namespaceKey], role.arn);
    return fail(of, {
      expected,
      observed: permit.why,
      why,
      evidence: [{ what: 'role', value: role.arn }],
      fix: {
        text: 'allow the role in the namespace, or annotate one that is allowed',
        command: `kubectl annotate namespace ${quote(workload.namespace)} --overwrite ${quote(`${settings.namespaceKey}=${list}`)}`,
        patch: null,
      },
    });
  });
}

/** The present list with one more entry; a list that cannot be read is replaced. */
function withRole(present: string | undefined, arn: string): string {
  try {
    const list: unknown = JSON.parse(present ?? '[]');
    if (Array.isArray(list)) return JSON.stringify([...list, arn]);
  } catch {
    // AN013 reports it.
  }
  return JSON.stringify([arn]);
}
