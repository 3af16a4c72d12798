// Who is asking, and which role that pod may have. An address not yet known is waited for, since an
// SDK in a new pod often asks once, before the API server has told anybody that the pod has it.
import type { GrantedRole } from '../../model/role.ts';
import type { Identity } from '../credentials/types.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, refusal, roleRefused, unknownCaller } from '../reply.ts';
import type { PodRecord } from '../who/pod-record.ts';

export interface Caller {
  pod: PodRecord;
  role: GrantedRole;
  identity: Identity;
  listed: string;
}

export type CallerOrAnswer = { caller: Caller; answer: null } | { caller: null; answer: Answer };

export async function findCaller(ask: Ask, parts: Parts): Promise<CallerOrAnswer> {
  const { settings, pods, namespaces, refusals } = parts;
  const leftMs = (): number => ask.arrivedAtMs + settings.podWaitMs - Date.now();
  const pod = await findPod(ask, parts, leftMs);
  if (!pod) {
    refusals.ofAddress(ask.address);
    return answered(unknownCaller(ask.address));
  }
  if (settings.roles.namespaceRestrictions) await namespaces.waitFor(pod.namespace, leftMs());
  if ((settings.discoverBaseArn || settings.discoverDefaultRole) && !(await parts.self.known(leftMs())))
    return answered(
      refusal(503, 'CredentialsUnavailable', 'the daemon does not know its own account yet', 'ID010'),
    );
  // What has come in during the waits counts.
  const now = pods.at(ask.address);
  if (now?.uid !== pod.uid) return answered(unknownCaller(ask.address));
  const { decision, identity, listed } = parts.assign(now);
  if (!decision.role) {
    const { code, why, kind } = decision.refusal;
    refusals.ofPod(now, {
      check: code,
      reason: kind === 'no-role' ? 'NoRole' : 'RoleNotAllowed',
      message: why,
      roleArn: null,
    });
    return answered(roleRefused(decision.refusal));
  }
  return { caller: { pod: now, role: decision.role, identity: identity!, listed: listed! }, answer: null };
}

/** Whether the pod still has the address; asked again after every wait, for addresses are reused. */
export const isStillAt = (ask: Ask, parts: Parts, pod: PodRecord): boolean =>
  parts.pods.at(ask.address)?.uid === pod.uid;

async function findPod(ask: Ask, parts: Parts, leftMs: () => number): Promise<PodRecord | null> {
  const { pods, settings } = parts;
  const known = pods.at(ask.address);
  if (known) return known;
  // The node's own address is shared by all that runs on its network.
  if (ask.address === settings.hostIp) return null;
  parts.doubtWatch();
  return pods.waitAt(ask.address, leftMs());
}

const answered = (answer: Answer): CallerOrAnswer => ({ caller: null, answer });
