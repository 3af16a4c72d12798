// Who is asking, by service account token, and which role that pod may have. The address plays no part:
// a token is good from wherever on this node it comes, and no address makes up for one.
import { steadyMs } from '../clock.ts';
import { isHostAddress } from '../host-addresses.ts';
import type { Ask, Parts } from '../parts.ts';
import { containerRefusal, roleRefusedInText, tokenRefused } from '../reply.ts';
import type { PodRecord } from '../who/pod-record.ts';
import { readTokenClaims, type TokenClaims, type TokenFault } from '../who/token-claims.ts';
import type { Bearer } from '../who/token-review.ts';
import { awaitFacts, decideAndTell } from './decide.ts';
import type { CallerOrAnswer } from './provide.ts';

export async function findBearer(
  ask: Ask,
  container: NonNullable<Parts['container']>,
  parts: Parts,
): Promise<CallerOrAnswer> {
  const refuse = (fault: TokenFault): CallerOrAnswer => {
    void tell(ask, fault.why, parts);
    return { caller: null, answer: tokenRefused(fault) };
  };
  const leftMs = (): number => ask.arrivedAtMs + parts.settings.podWaitMs - steadyMs();
  const token = ask.header('authorization');
  const { claims, fault } = readTokenClaims(token, container.audience);
  if (!claims) return refuse(fault);
  // Before the API server is asked: only a token that names a pod of this node is worth it.
  if (!(await findPod(ask, claims, parts, leftMs))) return refuse(notHere);
  const verdict = await container.bearers.of(token!, claims, ask.address);
  if (!verdict.bearer) return refuse(verdict.fault);
  const pod = servedPod(verdict.bearer, parts);
  if (!pod || claims.podUid !== pod.uid) return refuse(notHere);
  const missing = await awaitFacts(pod, parts, leftMs);
  if (missing !== null) return { caller: null, answer: containerRefusal(503, missing) };
  return bearerNow(pod, parts);
}

/** The pod and its role by what is known now: asked again after every wait. */
export function bearerNow({ uid }: PodRecord, parts: Parts): CallerOrAnswer {
  const pod = parts.pods.get(uid);
  if (!pod || pod.isFinished)
    return { caller: null, answer: containerRefusal(403, "the token's pod is gone") };
  const { caller, refusal } = decideAndTell(pod, parts, 'token');
  return caller ? { caller, answer: null } : { caller: null, answer: roleRefusedInText(refusal) };
}

/** The kubelet reports an address up to a second after the containers have started, or later when it is busy. */
const SENDER_MS = 3_000;

/** A pod that asks as it starts is known by its address a moment later; its owner has to know as well. */
async function tell({ address }: Ask, why: string, { pods, refusals, settings }: Parts): Promise<void> {
  const known = pods.at(address);
  const isShared = known === null && isHostAddress(address, settings.hostIps);
  refusals.ofBearer(address, isShared ? null : await pods.waitAt(address, SENDER_MS), why);
}

const notHere: TokenFault = { kind: 'not-served', why: "the token's pod is not one that runs on this node" };

async function findPod(
  ask: Ask,
  claims: TokenClaims,
  parts: Parts,
  leftMs: () => number,
): Promise<PodRecord | null> {
  const { pods, settings } = parts;
  const known = pods.get(claims.podUid);
  if (known || isElsewhere(claims, settings.node)) return known;
  // A pod so new that its token comes before word of it has an address that is new as well.
  if (pods.at(ask.address)) return null;
  parts.doubtWatch();
  return pods.waitFor(claims.podUid, leftMs());
}

const isElsewhere = ({ nodeName }: TokenClaims, node: string | null): boolean =>
  node !== null && nodeName !== null && nodeName !== node;

/** The pod by the UID that the API server vouches for, as long as it runs, and all else it says agrees. */
function servedPod(
  { podUid, podName, namespace, serviceAccount }: Bearer,
  { pods }: Parts,
): PodRecord | null {
  const pod = pods.get(podUid);
  if (!pod || pod.isFinished) return null;
  const agrees = pod.name === podName && pod.namespace === namespace && pod.serviceAccount === serviceAccount;
  return agrees ? pod : null;
}
