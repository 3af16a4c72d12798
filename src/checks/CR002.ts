// CR002: what is served must have enough life left that no SDK stretches it beyond its end.
import { type Finding, fail, pass, skip, unknown } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { answerText } from './observed.ts';
import { clusterSubject, identityProbes, probedWorkload, unread } from './shared.ts';
import { judgeSources, type Seen } from './sources.ts';

const LIMIT_SECONDS = 25 * 60;
const expected = 'credentials have at least 25 minutes left when they are served';
const why =
  'boto3 and others add up to 25 minutes to credentials that are near their end, and go on with expired keys';

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  return identityProbes(snapshot).map((observation) => judgeSources(observation, judge));
}

function judge(observation: Seen): Finding {
  const of = probedWorkload(observation);
  const { remainingSeconds: left, document, caller } = observation;
  if (document?.keyIdEnding == null)
    return skip(of, 'ID010', { expected, observed: 'no credentials were obtained' });
  const words = {
    expected,
    why,
    evidence: [{ what: 'Expiration', value: document.expiration ?? 'none' }],
    control: { what: 'GetCallerIdentity with them at the same moment', outcome: answerText(caller) },
  };
  if (left === null)
    return unknown(of, {
      ...words,
      observed: `the Expiration ${document.expiration ?? '(none)'} cannot be read`,
      fix: { text: 'update the proxy', command: 'pod-iam upgrade', patch: null },
    });
  if (left >= LIMIT_SECONDS) return pass(of, { ...words, observed: `${Math.floor(left / 60)} min` });
  return fail(of, {
    ...words,
    observed: `${Math.floor(left / 60)} min`,
    fix: {
      text: 'see whether the daemon reaches STS to renew in time, and whether --session-duration is under 1h',
      command: 'pod-iam status',
      patch: null,
    },
  });
}
