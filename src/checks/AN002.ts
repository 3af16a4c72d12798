// AN002: what the annotation says must be the name or ARN of a role.
import { type RoleArn, resolveRole } from '../model/arn.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import {
  type Annotated,
  annotatedWorkloads,
  annotationsPointer,
  clusterSubject,
  isImmutable,
  patchCommand,
  podAnnotationPatch,
  unread,
  workloadSubject,
} from './shared.ts';

const expected = 'the name, path/name or ARN of a role';
const why = 'the daemon serves no role for an annotation that it cannot read, and the pod gets 404';
/** Stands in when the base ARN is not known: whether a bare name is well formed does not hang on it. */
const ANY_BASE = 'arn:aws:iam::000000000000:role/';

export function run(snapshot: Snapshot): Finding[] {
  if (snapshot.workloads.state === 'unknown')
    return [unread(snapshot.workloads, clusterSubject(snapshot), expected)];
  return annotatedWorkloads(snapshot).map((annotated) => judge(annotated, snapshot));
}

function judge(annotated: Annotated, snapshot: Snapshot): Finding {
  const { workload, key, value } = annotated;
  const of = workloadSubject(workload, { pointer: annotationsPointer(workload) });
  if (value === null)
    return fail(of, {
      expected,
      observed: `${key} is blank`,
      why: 'a blank annotation is no role, and no default role is served in its place',
      fix: { text: 'name the role, or remove the annotation', command: null, patch: null },
    });
  const base = snapshot.settings.baseRoleArn;
  const resolved = resolveRole(value, base ?? ANY_BASE);
  if (!resolved.ok)
    return fail(of, {
      expected,
      observed: `${key} is ${JSON.stringify(value)}: ${resolved.why}`,
      why,
      fix: repair(annotated, base),
    });
  const foreign = value.startsWith('arn:') ? otherPartition(resolved.role, snapshot) : null;
  if (foreign !== null)
    return fail(of, {
      expected: `a role of the partition ${foreign}`,
      observed: `${value} is of the partition ${resolved.role.partition}`,
      why: 'no role can be assumed across partitions',
      fix: { text: `name a role that starts with arn:${foreign}:`, command: null, patch: null },
    });
  return pass(of, { expected, observed: base === null ? value : resolved.role.arn, why });
}

/** The partition of the cluster, when it is known and another one. */
function otherPartition(role: RoleArn, { settings, nodeIdentities }: Snapshot): string | null {
  const known =
    settings.baseRoleArn ?? (nodeIdentities.state === 'known' ? (nodeIdentities.value[0] ?? null) : null);
  const partition = known?.split(':')[1];
  return partition !== undefined && partition !== role.partition ? partition : null;
}

/** Offers the value without white space and quotation marks, if that makes it right. */
function repair({ workload, key, value }: Annotated, base: string | null) {
  const cleaned = value!.replace(/[\s"']/g, '').replace(':role/role/', ':role/');
  if (cleaned === value || !resolveRole(cleaned, base ?? ANY_BASE).ok)
    return { text: `give ${key} the name or ARN of a role`, command: null, patch: null };
  const patch = podAnnotationPatch(workload, { [key]: cleaned });
  return {
    text: `probably meant: ${cleaned}`,
    command:
      workload.source === null && !isImmutable(workload)
        ? patchCommand(workload.kind, workload.namespace, workload.name, patch)
        : null,
    patch: JSON.stringify(patch, null, 2),
  };
}
