// ID010: the workload's pods must get credentials at all; if not, the step that fails is named, and
// which side refuses.
import { type Evidence, type Finding, fail, pass, unknown } from '../model/finding.ts';
import type { HttpAnswer, ProbeObservation } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { STS_REFUSED } from '../model/sts-refusal.ts';
import { compareTrust, failingContainerStep, type Step } from './container-step.ts';
import { answerText, gotCredentials, notSeen } from './observed.ts';
import { clusterSubject, identityProbes, probedWorkload, unread } from './shared.ts';
import { judgeSources, type Seen } from './sources.ts';

const expected = 'token, listing and document are answered, and STS accepts the credentials';
const why = 'without credentials every AWS call of the workload fails';

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  return identityProbes(snapshot).map((observation) =>
    judgeSources(observation, (seen) => judge(seen, snapshot)),
  );
}

function judge(observation: Seen, snapshot: Snapshot): Finding {
  const of = probedWorkload(observation);
  const unseen = notSeen(observation, of, { expected, why });
  if (unseen) return unseen;
  const { document, canary, invented, source } = observation;
  const byToken = source === 'container';
  if (byToken && !observation.container)
    return unknown(of, {
      expected,
      observed: 'its SDKs ask for container credentials in a way that no other pod can',
      why,
      fix: {
        text: 'let them ask by a projected token (docs/container-credentials.md), or at the metadata address (ID004)',
        command: null,
        patch: null,
      },
    });
  const evidence = evidenceOf(observation);
  const control = {
    what: 'the canary, asked by the same pod',
    outcome: canary?.isProxy
      ? `the proxy, which knows it as ${canary.takenFor ?? 'nobody'}`
      : answerText(canary),
  };
  const step =
    (byToken ? failingContainerStep(observation, snapshot) : failingStep(observation)) ??
    refusedStep(observation);
  if (step !== null)
    return fail(of, {
      expected,
      observed: step.observed,
      why,
      evidence,
      control,
      fix: { text: step.next, command: step.command, patch: null },
    });
  const words = { expected, why, evidence };
  return pass(of, {
    ...words,
    observed: `an access key that ends in ${document!.keyIdEnding}${byToken ? ', for its token' : ''}, first credential after ${observation.firstCredentialMs ?? '?'} ms`,
    control: {
      what: 'GetCallerIdentity with an invented key',
      outcome:
        invented?.arn ?? (invented?.errorCode ? `refused: ${invented.errorCode}` : answerText(invented)),
    },
  });
}

function evidenceOf({ source, token, listing, listingAgain, document, canary, caller }: Seen): Evidence[] {
  const asked =
    source === 'container'
      ? [{ what: 'container credentials', value: withBody(document) }]
      : [
          { what: 'token', value: answerText(token) },
          { what: 'listing', value: withBody(listing) },
          ...(listingAgain ? [{ what: 'listing, asked again', value: withBody(listingAgain) }] : []),
          { what: 'document', value: withBody(document) },
        ];
  return [
    ...asked,
    { what: 'canary', value: answerText(canary) },
    { what: 'GetCallerIdentity', value: answerText(caller) },
  ];
}

/** The first step that failed, in the order in which an SDK goes. */
function failingStep(observation: ProbeObservation): Step | null {
  const { token, listing, listingAgain, document, canary, expectedRole } = observation;
  if (token?.status === 0 && (listing?.status ?? 0) === 0)
    return {
      observed: `step 1, the token: ${answerText(token)}${canary?.isProxy ? '' : '; the canary is not answered either'}`,
      next: "see whether the node's daemon is ready and its redirect in place",
      command: 'pod-iam status',
    };
  if (listing?.status !== 200 && !gotCredentials(observation)) {
    if (listingAgain?.status === 200)
      return {
        observed: `step 2, the listing: ${withBody(listing)}; asked again it was served, so the first request came before the daemon knew the pod`,
        next: 'give the daemon more time with --pod-wait, or see why its watch is late',
        command: 'pod-iam status',
      };
    return {
      observed: `step 2, the listing: ${withBody(listing)}`,
      next: canary?.isProxy
        ? 'read the Warning events of the pod, in which the daemon names its reason'
        : "see whether the node's daemon answers this pod at all (NW001)",
      command: null,
    };
  }
  if (!gotCredentials(observation)) {
    const words = document?.message ?? document?.body ?? null;
    const observed = `step 3, the document of ${document?.asked ?? expectedRole ?? 'the role'}: ${answerText(document)}${words ? `, saying: ${words}` : ''}`;
    if (document?.status === 403 && document.code !== STS_REFUSED)
      return {
        observed,
        next: 'read the Warning events of the pod, in which the daemon names its reason',
        command: null,
      };
    return { observed, ...compareTrust(expectedRole) };
  }
  return null;
}

/** Credentials were served, and STS does not take them. */
function refusedStep({ caller }: Seen): Step | null {
  if (caller !== null && caller.status !== 0 && caller.arn === null)
    return {
      observed: `step 4, GetCallerIdentity: STS does not accept the credentials: ${caller.errorCode ?? caller.status}${caller.message ? `, ${caller.message}` : ''}`,
      next: 'see whether the daemon and the diagnostic pod ask the same STS (--sts-endpoint, --region)',
      command: null,
    };
  return null;
}

function withBody(answer: HttpAnswer | null): string {
  return answer?.body && answer.status !== 0 ? `${answerText(answer)}: ${answer.body}` : answerText(answer);
}
