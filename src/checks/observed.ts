// How checks talk about what a diagnostic pod saw, so that all do it in the same words.
import { isSessionOf, parseRoleArn, parseSessionArn } from '../model/arn.ts';
import { type Control, type Finding, type Subject, unknown } from '../model/finding.ts';
import type { Attempt, HttpAnswer, ProbeObservation } from '../model/observation.ts';
import type { Fact } from '../model/snapshot.ts';
import { STS_REFUSED } from '../model/sts-refusal.ts';

/** `200 in 3 ms`, `no answer: timed out`, `not asked`. */
export function answerText(answer: HttpAnswer | null | undefined): string {
  if (!answer) return 'not asked';
  if (answer.status === 0) return `no answer: ${answer.failure ?? 'unknown cause'}`;
  if (answer.failure !== null) return `${answer.status}, then broken off: ${answer.failure}`;
  return `${answer.status} in ${answer.ms} ms`;
}

export const probeName = ({ namespace, pod, node }: ProbeObservation): string =>
  `${namespace}/${pod}${node === null ? '' : ` on ${node}`}`;

export const hasRun = ({ outcome }: ProbeObservation): boolean => outcome.state === 'ran';

/** Whether credentials were served to it, whoever's. */
export const gotCredentials = ({ document }: ProbeObservation): boolean =>
  document?.status === 200 && document.keyIdEnding !== null;

/** Observations by the node where they were made. */
export function byNodeName(observations: readonly ProbeObservation[]): Map<string, ProbeObservation[]> {
  const groups = new Map<string, ProbeObservation[]>();
  for (const observation of observations) {
    const node = observation.node ?? 'not placed';
    groups.set(node, [...(groups.get(node) ?? []), observation]);
  }
  return groups;
}

/** The finding for a probe that proves nothing; null when it ran. */
export function notSeen(
  { outcome }: ProbeObservation,
  of: Subject,
  { expected, why }: { expected: string; why: string },
): Finding | null {
  if (outcome.state === 'ran') return null;
  const [observed, next] =
    outcome.state === 'not-run'
      ? [`the diagnostic pod did not run: ${outcome.why}`, outcome.next]
      : [
          `the diagnostic pod's output cannot be read: ${outcome.why}`,
          'pod-iam doctor --active --keep, then read the log of the pod',
        ];
  return unknown(of, { expected, observed, why, fix: { text: next, command: null, patch: null } });
}

/** Shows that STS looks at who signs: an invented key must not come out as the same identity. */
export function inventedKeyControl({ caller, invented }: ProbeObservation): {
  held: boolean;
  control: Control;
} {
  const what = 'the same call with an invented key';
  if (invented === null || invented.status === 0)
    return { held: false, control: { what, outcome: answerText(invented) } };
  if (invented.arn === null)
    return { held: true, control: { what, outcome: `refused: ${invented.errorCode ?? invented.status}` } };
  const isSame = invented.arn === caller?.arn;
  return {
    held: !isSame,
    control: { what, outcome: `${isSame ? 'the same' : 'another'} identity: ${invented.arn}` },
  };
}

/** Whether whoever answers has asked on: STS failed, or STS said no. A proxy that refuses asks nobody. */
export const isFromBeyond = ({ status, code }: Attempt): boolean => status >= 500 || code === STS_REFUSED;

/** Shows that a refusal was one: with the same token this pod was served its own role. */
export function ownDocumentControl(observation: ProbeObservation): { held: boolean; control: Control } {
  return {
    held: gotCredentials(observation),
    control: {
      what: 'its own role, asked for with the same token',
      outcome: answerText(observation.document),
    },
  };
}

/** Whether a session or role ARN belongs to one of the node identities; null when those are not known. */
export function isNodeIdentity(arn: string, identities: Fact<string[]>): boolean | null {
  if (identities.state === 'unknown') return null;
  return identities.value.some((identity) => {
    if (identity === arn) return true;
    const session = parseSessionArn(identity);
    const name = session ?? fromRole(identity);
    const own = parseSessionArn(arn) ?? fromRole(arn);
    return name !== null && own !== null && name.account === own.account && name.roleName === own.roleName;
  });
}

function fromRole(arn: string): { account: string; roleName: string } | null {
  const role = parseRoleArn(arn);
  return role && { account: role.account, roleName: role.name };
}

/** Whether a session, by its ARN, is one of a role. */
export function isOfRole(sessionArn: string, roleArn: string | null): boolean {
  const role = roleArn === null ? null : parseRoleArn(roleArn);
  return role !== null && isSessionOf(sessionArn, role);
}
