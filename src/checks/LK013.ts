// LK013: the container credentials endpoint must know a pod by its own token and by nothing else. It
// counts only if the same pod was served there by that token a moment before.
import { type Finding, fail, pass, skip, unknown } from '../model/finding.ts';
import { type ContainerObservation, type ProbeObservation, TOKEN_ATTEMPTS } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { answerText, hasRun } from './observed.ts';
import { clusterSubject, identityProbes, probedWorkload, unread } from './shared.ts';

const expected = 'no token, one with another signature and one for another audience get nothing';
const why = 'whoever can ask there with less than the token of a pod is that pod to AWS';

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  return identityProbes(snapshot)
    .filter(({ sources }) => sources?.includes('container'))
    .map(judge);
}

function judge(observation: ProbeObservation): Finding {
  const of = probedWorkload(observation);
  const { container } = observation;
  if (!hasRun(observation) || !container)
    return skip(of, 'ID010', { expected, observed: 'the container credentials were not asked for' });
  const evidence = TOKEN_ATTEMPTS.map((name) => ({
    what: name,
    value: answerText(container.attempts[name]),
  }));
  const control = {
    what: 'its own token, sent by the same pod to the same address',
    outcome: answerText(container.document),
  };
  const words = { expected, why, evidence, control };
  const served = TOKEN_ATTEMPTS.filter((name) => isServed(container, name));
  if (served.length > 0)
    return fail(of, {
      ...words,
      observed: `${container.url} gave credentials for: ${served.join(', ')}`,
      fix: {
        text: 'see what answers there: the daemon asks the API server about every token',
        command: 'pod-iam status',
        patch: null,
      },
    });
  const open = TOKEN_ATTEMPTS.filter((name) => !isRefused(container, name));
  const isProven = container.document.keyIdEnding !== null;
  if (!isProven || open.length > 0)
    return unknown(of, {
      ...words,
      observed: isProven
        ? `not refused, but failed: ${open.map((name) => `${name} ${answerText(container.attempts[name])}`).join(', ')}`
        : 'refused, but so was its own token, so the refusal proves nothing',
      fix: isProven
        ? { text: 'ask again', command: 'pod-iam verify', patch: null }
        : { text: 'let the workload get its own role first (ID010)', command: null, patch: null },
    });
  return pass(of, {
    ...words,
    observed: TOKEN_ATTEMPTS.map((name) => `${name} ${container.attempts[name]!.status}`).join(', '),
  });
}

type Name = (typeof TOKEN_ATTEMPTS)[number];

const isServed = ({ attempts }: ContainerObservation, name: Name): boolean =>
  attempts[name] !== undefined && (attempts[name].leaked || attempts[name].status === 200);

/** A 429 only puts it off. */
const isRefused = ({ attempts }: ContainerObservation, name: Name): boolean =>
  [400, 401, 403].includes(attempts[name]?.status ?? 0);
