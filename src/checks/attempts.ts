// Judges one kind of attempt that must fail, over all identity probes: it counts as refused only if
// the same pod was served its own role with the same token, and only by an answer that says no: a 5xx,
// and a no of STS, come from beyond a proxy that let the request through.
import { type Finding, fail, pass, skip, unknown } from '../model/finding.ts';
import type { Attempt, AttemptName, ProbeObservation } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { STS_REFUSED } from '../model/sts-refusal.ts';
import { answerText, hasRun, isFromBeyond, ownDocumentControl } from './observed.ts';
import { clusterSubject, identityProbes, probedWorkload, unread } from './shared.ts';

export interface AttemptCheck {
  names: readonly AttemptName[];
  expected: string;
  why: string;
  /** Whether an answer gives away what it should not. */
  isBreach(attempt: Attempt, observation: ProbeObservation, name: AttemptName): boolean;
  /** Whether a no can only be the proxy's own; by default where it does not say that it is STS's. */
  isProxysNo?(attempt: Attempt): boolean;
  fix: string;
}

/** A finding for each identity probe: whether any of its attempts was answered with what it must not get. */
export function judgeAttempts(snapshot: Snapshot, check: AttemptCheck): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown')
    return [unread(probes, clusterSubject(snapshot), check.expected, check.why)];
  return identityProbes(snapshot).map((observation) => judge(observation, check));
}

function judge(
  observation: ProbeObservation,
  { names, expected, why, isBreach, isProxysNo = () => true, fix }: AttemptCheck,
): Finding {
  const of = probedWorkload(observation);
  if (!hasRun(observation))
    return skip(of, 'ID010', { expected, observed: 'the diagnostic pod did not run' });
  const made = names.flatMap((name) => {
    const attempt = observation.attempts[name];
    return attempt ? [{ name, attempt }] : [];
  });
  const evidence = made.map(({ attempt }) => ({ what: `GET ${attempt.path}`, value: answerText(attempt) }));
  const { held, control } = ownDocumentControl(observation);
  const told = { expected, why, evidence, control };
  const breach = made.find(({ name, attempt }) => isBreach(attempt, observation, name));
  if (breach)
    return fail(of, {
      ...told,
      observed: `GET ${breach.attempt.path} answered ${breach.attempt.status}${breach.attempt.leaked ? ' with a secret key' : ''}`,
      fix: { text: fix, command: 'pod-iam status', patch: null },
    });
  if (!held)
    return unknown(of, {
      ...told,
      observed: 'refused, but so was its own role, so the refusal proves nothing',
      fix: { text: 'let the workload get its own role first (ID010)', command: null, patch: null },
    });
  const open = names.filter((name) => !isDecided(observation.attempts[name]));
  if (open.length > 0)
    return unknown(of, {
      ...told,
      observed: `not refused, but failed: ${open.map((name) => `${name} ${whose(observation.attempts[name])}`).join(', ')}`,
      fix: { text: 'ask again', command: 'pod-iam verify', patch: null },
    });
  const doubtful = made.find(({ attempt }) => !isProxysNo(attempt));
  if (doubtful)
    return unknown(of, {
      ...told,
      observed: `${doubtful.name} ${answerText(doubtful.attempt)}, which may be a no of STS: nobody has the role that was asked for`,
      fix: {
        text: 'annotate a second workload with another role, whose refusal says more',
        command: null,
        patch: null,
      },
    });
  const observed = made.map(({ name, attempt }) => `${name} ${attempt.status}`).join(', ');
  return pass(of, { ...told, observed });
}

/** A no (4xx), or an answer that `isBreach` has looked into; redirects are followed by some clients. */
const isDecided = (attempt: Attempt | undefined): boolean =>
  attempt !== undefined && !isFromBeyond(attempt) && [2, 4].includes(Math.floor(attempt.status / 100));

const whose = (attempt: Attempt | undefined): string =>
  `${answerText(attempt)}${attempt?.code === STS_REFUSED ? ', by STS and not by the proxy' : ''}`;
