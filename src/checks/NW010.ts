// NW010: a session token must be issued in under a second, as most SDKs give it one attempt of 1 s.
import { type Finding, fail, pass, type Subject, subject, unknown } from '../model/finding.ts';
import type { ProbeObservation } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { answerText, byNodeName, hasRun, probeName } from './observed.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = 'PUT /latest/api/token answers 200 in under 1000 ms';
const why =
  'SDKs ask for a token first; Rust, minio-go and others fail without one, the rest lose seconds and fall back';
const LIMIT_MS = 1000;

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  // Those that did not run are NW001's.
  const byNode = byNodeName(probes.value.filter(hasRun));
  return [...byNode].map(([node, observations]) => {
    const slowest = observations.reduce((worst, next) => (badness(next) > badness(worst) ? next : worst));
    return judge(slowest, subject('Node', node, { node }));
  });
}

function badness({ token }: ProbeObservation): number {
  return token?.status === 200 ? token.ms : 1e6;
}

function judge(observation: ProbeObservation, of: Subject): Finding {
  const { token, listing, listingWithoutToken, harmless } = observation;
  const observed = answerText(token);
  const evidence = [{ what: `asked by ${probeName(observation)}`, value: observed }];
  if (token?.status !== 200 || token.ms >= LIMIT_MS)
    return fail(of, {
      expected,
      observed,
      why,
      evidence: token?.body ? [...evidence, { what: 'body', value: token.body }] : evidence,
      control: { what: 'a harmless path of the same address', outcome: answerText(harmless) },
      fix: {
        text: 'see whether the daemon is ready and has CPU enough',
        command: 'pod-iam status',
        patch: null,
      },
    });
  const isNeeded = listingWithoutToken?.status === 401 && listing !== null && listing.status !== 401;
  const control = {
    what: 'the listing without and with the token, and a harmless path with it',
    outcome: [listingWithoutToken, listing, harmless].map(answerText).join(' · '),
  };
  if (isNeeded || harmless?.status === 200) return pass(of, { expected, observed, why, evidence, control });
  return unknown(of, {
    expected,
    observed: `${observed}, but the token opened nothing`,
    why,
    evidence,
    control,
    fix: { text: 'see what else fails on this node first', command: null, patch: null },
  });
}
