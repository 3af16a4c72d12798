// From a pod to the identity it has: the model's decision, and what the daemon adds to it.
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
  roles: () => RoleSettings;
  sessionName: string;
  sessionSeconds: number;
}

/** Decides by what is known now; a namespace not yet seen is a refusal. */
export function assignRole(
  pod: PodRecord,
  namespaces: NamespaceIndex,
  settings: AssignSettings,
  knownBy: KnownBy = 'address',
): Assignment {
  const roles = settings.roles();
  const decision = decideRole(
    {
      annotations: pod.annotations,
      hostNetwork: pod.hostNetwork,
      knownBy,
      namespace: namespaces.get(pod.namespace),
    },
    roles,
  );
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
