// ID008: the identity that STS sees must be the annotated role.
import { EKS_AUDIENCE } from '../model/container-credentials.ts';
import { type Finding, fail, pass, skip, unknown } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { answerText, gotCredentials, hasRun, inventedKeyControl, isOfRole } from './observed.ts';
import { clusterSubject, identityProbes, probedWorkload, unread } from './shared.ts';
import { judgeSources, type Seen } from './sources.ts';

const why = 'what counts is who AWS takes the workload for, not what its annotation says';

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown')
    return [unread(probes, clusterSubject(snapshot), 'the identity proven is the annotated role', why)];
  return identityProbes(snapshot).map((observation) => judgeSources(observation, judge));
}

function judge(observation: Seen): Finding {
  const of = probedWorkload(observation);
  const { caller, expectedRole, source } = observation;
  const expected = `a session of ${expectedRole}`;
  if (!hasRun(observation) || !gotCredentials(observation))
    return skip(of, 'ID010', { expected, observed: 'no credentials were obtained, so there is no identity' });
  const { held, control } = inventedKeyControl(observation);
  if (!caller?.arn)
    return unknown(of, {
      expected,
      observed: `GetCallerIdentity gave no identity: ${answerText(caller)}`,
      why,
      control,
      fix: {
        text: 'let pods of this namespace reach STS, or name an endpoint that they reach with --sts-endpoint',
        command: null,
        patch: null,
      },
    });
  if (!held)
    return unknown(of, {
      expected,
      observed: `${caller.arn}, but this STS answers the same to an invented key, so it proves nothing`,
      why,
      control,
      fix: { text: 'name an STS that checks signatures with --sts-endpoint', command: null, patch: null },
    });
  if (isOfRole(caller.arn, expectedRole)) return pass(of, { expected, observed: caller.arn, why, control });
  const isBypass = source === 'imds' && !observation.canary?.isProxy;
  return fail(of, {
    expected,
    observed: `${caller.arn}, ${routeOf(observation)}`,
    why,
    evidence: [{ what: 'listing', value: observation.listing?.body ?? answerText(observation.listing) }],
    control,
    fix: {
      text: isBypass ? 'put the redirect on the node first (NW001)' : adviceOn(observation),
      command: 'pod-iam status',
      patch: null,
    },
  });
}

const adviceOn = ({ source, container }: Seen): string =>
  source === 'container' && container?.audience === EKS_AUDIENCE
    ? 'remove the EKS Pod Identity association of its service account, or the annotation (ID004)'
    : 'see by which annotation or default role the daemon decides';

function routeOf({ source, canary, container }: Seen): string {
  if (source === 'container') return `served for its token at ${container?.url}`;
  return canary?.isProxy
    ? 'served by the proxy'
    : 'served by the real instance metadata service, as nothing intercepts it';
}
