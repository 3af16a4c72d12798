// AN010: the annotated role must exist, by exactly this ARN. IAM says so; where it may not be asked,
// a diagnostic pod that became the role says it as well.
import { isSessionOf, parseRoleArn, type RoleArn } from '../model/arn.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import { nearestName } from '../model/nearest.ts';
import type { Fact, RoleFact, Snapshot, WorkloadFact } from '../model/snapshot.ts';
import { unknownFact } from '../model/snapshot.ts';
import {
  clusterSubject,
  identityProbes,
  isImmutable,
  patchCommand,
  podAnnotationPatch,
  unread,
  workloadSubject,
  workloadsWithRole,
} from './shared.ts';
import { seenBySource } from './sources.ts';

const expected = 'the role exists';
const why =
  'STS answers AccessDenied for a role that does not exist, as for one that does not trust the node';

export function run(snapshot: Snapshot): Finding[] {
  if (snapshot.workloads.state === 'unknown')
    return [unread(snapshot.workloads, clusterSubject(snapshot), expected)];
  return workloadsWithRole(snapshot).map(({ workload, role }) => {
    const of = workloadSubject(workload, { role: role.arn });
    const fact = roleFact(role, snapshot);
    if (fact.state === 'known') return judge(workload, role, fact.value, snapshot);
    const proof = assumedBy(role, snapshot);
    if (proof !== null)
      return pass(of, {
        expected,
        observed: `IAM was not readable, but a diagnostic pod became it: ${proof.arn}`,
        why,
        control: proof.control,
      });
    return unread(fact, of, expected, why);
  });
}

/** What IAM told of a role; null is a role that does not exist. */
export const roleFact = (role: RoleArn, { aws }: Snapshot): Fact<RoleFact | null> =>
  aws.roles[role.arn] ?? unknownFact('it was not asked for', `read the role ${role.arn}`);

/** The session that a diagnostic pod had of a role, when its control held; null when there was none. */
export function assumedBy(
  role: RoleArn,
  snapshot: Snapshot,
): { arn: string; control: { what: string; outcome: string } } | null {
  for (const { caller, invented } of identityProbes(snapshot).flatMap(seenBySource)) {
    if (!caller?.arn || !isSessionOf(caller.arn, role)) continue;
    if (invented === null || invented.status === 0 || invented.arn === caller.arn) continue;
    return {
      arn: caller.arn,
      control: {
        what: 'GetCallerIdentity with an invented key',
        outcome: invented.arn ?? `refused: ${invented.errorCode ?? invented.status}`,
      },
    };
  }
  return null;
}

function judge(workload: WorkloadFact, role: RoleArn, found: RoleFact | null, snapshot: Snapshot): Finding {
  const of = workloadSubject(workload, { role: role.arn });
  const { roleNames } = snapshot.aws;
  if (found !== null) return pass(of, { expected, observed: `role id ${found.roleId}`, why });
  const namesake = namesakeOf(role, snapshot);
  if (namesake !== null)
    return fail(of, {
      expected,
      observed: `${role.arn} does not exist; the role of that name is ${namesake.arn}`,
      why: 'path and case are part of the ARN that the daemon asks STS for',
      fix: rename(workload, namesake.arn, snapshot),
    });
  const near = roleNames.state === 'known' ? nearestName(role.name, roleNames.value) : null;
  return fail(of, {
    expected,
    observed: `${role.arn} does not exist${near === null ? '' : `; the nearest name is ${near}`}`,
    why,
    fix:
      near === null
        ? {
            text: 'create the role, with a trust policy made for the proxy',
            command: `pod-iam trust-policy generate --mode proxy --role ${role.name}`,
            patch: null,
          }
        : rename(workload, near, snapshot),
  });
}

/** IAM finds roles by name alone; one with another path or case was kept under its own ARN. */
function namesakeOf({ name, account }: RoleArn, { aws }: Snapshot): RoleFact | null {
  for (const fact of Object.values(aws.roles)) {
    if (fact.state === 'unknown' || fact.value === null) continue;
    const role = parseRoleArn(fact.value.arn);
    if (role?.account === account && role.name.toLowerCase() === name.toLowerCase()) return fact.value;
  }
  return null;
}

function rename(workload: WorkloadFact, value: string, { settings }: Snapshot) {
  const patch = podAnnotationPatch(workload, { [settings.roleKey]: value });
  return {
    text: `if ${value} is meant, annotate that`,
    command:
      workload.source === null && !isImmutable(workload)
        ? patchCommand(workload.kind, workload.namespace, workload.name, patch)
        : null,
    patch: JSON.stringify(patch, null, 2),
  };
}
