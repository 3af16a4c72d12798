// Which role a caller gets once it is known which pod it is. A refusal is told to the pod.
import type { GrantedRole, KnownBy, Refusal } from '../../model/role.ts';
import type { Identity } from '../credentials/types.ts';
import type { Parts } from '../parts.ts';
import type { PodRecord } from '../who/pod-record.ts';

export interface Caller {
  pod: PodRecord;
  role: GrantedRole;
  identity: Identity;
  listed: string;
}

export type CallerOrRefusal = { caller: Caller; refusal: null } | { caller: null; refusal: Refusal };

/** Whether all that the decision needs besides the pod is known. */
export function hasFacts(pod: PodRecord, { settings, namespaces, self }: Parts): boolean {
  if (settings.roles.namespaceRestrictions && namespaces.get(pod.namespace) === null) return false;
  return !(settings.discoverBaseArn || settings.discoverDefaultRole) || self.self !== null;
}

/**
 * Waits for what the decision needs besides the pod.
 * @returns null, or why nothing can be decided yet
 */
export async function awaitFacts(pod: PodRecord, parts: Parts, leftMs: () => number): Promise<string | null> {
  const { settings, namespaces, self } = parts;
  if (settings.roles.namespaceRestrictions) await namespaces.waitFor(pod.namespace, leftMs());
  if ((settings.discoverBaseArn || settings.discoverDefaultRole) && !(await self.known(leftMs())))
    return 'the daemon does not know its own account yet';
  return null;
}

export function decideAndTell(pod: PodRecord, parts: Parts, knownBy: KnownBy): CallerOrRefusal {
  const { decision, identity, listed } = parts.assign(pod, knownBy);
  if (decision.role)
    return { caller: { pod, role: decision.role, identity: identity!, listed: listed! }, refusal: null };
  const { code, why, kind } = decision.refusal;
  parts.refusals.ofPod(pod, {
    check: code,
    reason: kind === 'no-role' ? 'NoRole' : 'RoleNotAllowed',
    message: why,
    roleArn: null,
  });
  return { caller: null, refusal: decision.refusal };
}
