// From a pod to the identity it has: the model's decision, and what the daemon adds to it.
import type { Annotations } from '../../model/annotations.ts';
import { type Decision, decideRole, type KnownBy } from '../../model/role.ts';
import { sessionName } from '../../model/session-name.ts';
import type { RoleSettings } from '../../model/snapshot.ts';
import type { Identity } from '../credentials/types.ts';
import type { NamespaceIndex } from '../who/namespace-index.ts';
import type { PodRecord } from '../who/pod-record.ts';

export interface Assignment {
  decision: Decision;
  /** Null when the decision is a refusal. */
  identity: Identity | null;
  /** What the listing prints: the role without the base ARN, else its ARN; null for a refusal. */
  listed: string | null;
}

export interface AssignSettings {
  /** The same object until they change. */
  roles: () => RoleSettings;
  sessionName: string;
  sessionSeconds: number;
}

/** What an assignment follows from, besides the pod. All of it is replaced when it changes, never altered. */
interface Grounds {
  roles: RoleSettings;
  namespace: Annotations | null;
  knownBy: KnownBy;
}

/**
 * Decides by what is known now; a namespace not yet seen is a refusal. The last decision on each pod is
 * kept for as long as it follows from the same grounds.
 */
export function roleAssigner(
  namespaces: NamespaceIndex,
  settings: AssignSettings,
): (pod: PodRecord, knownBy?: KnownBy) => Assignment {
  const last = new WeakMap<PodRecord, Grounds & { assignment: Assignment }>();
  return (pod, knownBy = 'address') => {
    const roles = settings.roles();
    const namespace = namespaces.get(pod.namespace);
    const kept = last.get(pod);
    if (kept && kept.roles === roles && kept.namespace === namespace && kept.knownBy === knownBy)
      return kept.assignment;
    const grounds = { roles, namespace, knownBy };
    const assignment = assignRole(pod, grounds, settings);
    last.set(pod, { ...grounds, assignment });
    return assignment;
  };
}

function assignRole(
  pod: PodRecord,
  { roles, namespace, knownBy }: Grounds,
  settings: AssignSettings,
): Assignment {
  const { annotations, hostNetwork, kind: noun = 'pod' } = pod;
  const decision = decideRole({ annotations, hostNetwork, knownBy, namespace, noun }, roles);
  if (!decision.role) return { decision, identity: null, listed: null };
  const { arn, externalId } = decision.role;
  return {
    decision,
    identity: {
      roleArn: arn.arn,
      externalId,
      sessionName: sessionName(settings.sessionName, pod, arn.name),
      durationSeconds: settings.sessionSeconds,
    },
    listed: listedName(arn.arn, roles.baseRoleArn),
  };
}

/** As kube2iam prints it: SDKs put exactly this behind the path of the listing. */
function listedName(roleArn: string, baseArn: string | null): string {
  return baseArn !== null && roleArn.startsWith(baseArn) ? roleArn.slice(baseArn.length) : roleArn;
}
