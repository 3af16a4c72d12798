// ID009: no workload may come out as its node.
import { type Finding, fail, pass, skip, unknown } from '../model/finding.ts';
import type { ProbeObservation } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import {
  answerText,
  gotCredentials,
  hasRun,
  inventedKeyControl,
  isNodeIdentity,
  isOfRole,
} from './observed.ts';
import { clusterSubject, grantFix, identityProbes, probedWorkload, unread } from './shared.ts';
import { type Seen, seenAt, seenBySource, worst } from './sources.ts';

const expected = "an identity other than the node's";
const why = "with the node's role a pod can do what the node can, and become every role that trusts the node";

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  return identityProbes(snapshot).map((observation) =>
    worst(sourcesOf(observation).map((seen) => judge(seen, snapshot))),
  );
}

/** What is to be had at the metadata address counts, whether or not the workload's SDKs ask there first. */
function sourcesOf(observation: ProbeObservation): Seen[] {
  const asked = seenBySource(observation);
  const isMore = gotCredentials(observation) && asked.every(({ source }) => source !== 'imds');
  return isMore ? [...asked, seenAt(observation, 'imds')] : asked;
}

function judge(observation: Seen, { nodeIdentities }: Snapshot): Finding {
  const of = probedWorkload(observation);
  const { caller, canary, listing, expectedRole, source } = observation;
  if (!hasRun(observation) || !gotCredentials(observation))
    return skip(of, 'ID010', { expected, observed: 'no credentials were obtained, so there is no identity' });
  const { held, control } = inventedKeyControl(observation);
  const fix = {
    text: 'put the redirect on the node, and restart the pods that have got its credentials',
    command: 'pod-iam status',
    patch: null,
  };
  // The real endpoint hands out the instance's role and no other, whatever STS can be asked.
  if (source === 'imds' && canary !== null && !canary.isProxy && listing?.status === 200)
    return fail(of, {
      expected,
      observed: `${caller?.arn ?? `the role ${listing.body}`}, served by the real instance metadata service`,
      why,
      control,
      fix,
    });
  if (!caller?.arn || !held)
    return unknown(of, {
      expected,
      observed: caller?.arn
        ? 'this STS answers the same to an invented key, so it proves nothing'
        : `GetCallerIdentity gave no identity: ${answerText(caller)}`,
      why,
      control,
      fix: {
        text: 'let pods of this namespace reach an STS that checks signatures (--sts-endpoint)',
        command: null,
        patch: null,
      },
    });
  const isNode = isNodeIdentity(caller.arn, nodeIdentities);
  if (isNode === true)
    return fail(of, { expected, observed: `${caller.arn}, which is the node's identity`, why, control, fix });
  if (isNode === false || isOfRole(caller.arn, expectedRole))
    return pass(of, { expected, observed: caller.arn, why, control });
  return unknown(of, {
    expected,
    observed: `${caller.arn}; whether that is the node is not known`,
    why,
    control,
    fix:
      nodeIdentities.state === 'unknown' && nodeIdentities.grant
        ? grantFix(nodeIdentities.grant)
        : { text: "name the nodes' role with --node-role ARN", command: null, patch: null },
  });
}
