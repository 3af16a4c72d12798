// Who is asking, by address, and which role that pod may have. An address not yet known is waited for,
// since an SDK in a new pod often asks once, before the API server has told anybody that the pod has it.
import { steadyMs } from '../clock.ts';
import { isHostAddress } from '../host-addresses.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, callersOf, refusal, roleRefused, unknownCaller } from '../reply.ts';
import type { Soon } from '../soon.ts';
import type { PodRecord } from '../who/pod-record.ts';
import { awaitFacts, decideAndTell, hasFacts } from './decide.ts';
import type { CallerOrAnswer } from './provide.ts';

export function findCaller(ask: Ask, parts: Parts): Soon<CallerOrAnswer> {
  const pod = parts.pods.at(ask.address);
  const isSure = parts.recheck === null;
  return pod && isSure && hasFacts(pod, parts) ? decided(pod, parts) : awaitCaller(ask, parts);
}

async function awaitCaller(ask: Ask, parts: Parts): Promise<CallerOrAnswer> {
  const { settings, refusals } = parts;
  const leftMs = (): number => ask.arrivedAtMs + settings.podWaitMs - steadyMs();
  const pod = await findPod(ask, parts, leftMs);
  if (!pod) {
    refusals.ofAddress(ask.address);
    return unknown(ask, parts);
  }
  const missing = await awaitFacts(pod, parts, leftMs);
  if (missing !== null) return answered(refusal(503, 'CredentialsUnavailable', missing, 'ID010'));
  return callerNow(ask, parts, pod);
}

/** The caller by what is known now: asked again after every wait, for addresses are reused and roles taken. */
export function callerNow(ask: Ask, parts: Parts, { uid }: PodRecord): CallerOrAnswer {
  const pod = parts.pods.at(ask.address);
  return pod?.uid === uid ? decided(pod, parts) : unknown(ask, parts);
}

function decided(pod: PodRecord, parts: Parts): CallerOrAnswer {
  const { caller, refusal: no } = decideAndTell(pod, parts, 'address');
  return caller ? { caller, answer: null } : answered(roleRefused(no));
}

async function findPod(ask: Ask, parts: Parts, leftMs: () => number): Promise<PodRecord | null> {
  const { pods, settings, recheck } = parts;
  const known = pods.at(ask.address);
  if (known && recheck) await recheck(known, leftMs());
  if (known && pods.at(ask.address)?.uid === known.uid) return known;
  if (isHostAddress(ask.address, settings.hostIps)) return null;
  parts.doubtWatch();
  return pods.waitAt(ask.address, leftMs());
}

const unknown = ({ address }: Ask, { settings }: Parts): CallerOrAnswer =>
  answered(unknownCaller(address, callersOf(settings.docker)));

const answered = (answer: Answer): CallerOrAnswer => ({ caller: null, answer });
