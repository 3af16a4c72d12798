// LK001: a pod without annotation must get no credentials, neither by the listing nor by naming a role, nor
// by the token that it has like any other.
import { resolveRole } from '../model/arn.ts';
import { type Finding, fail, pass, type Subject, subject, unknown, warn } from '../model/finding.ts';
import { type CallerIdentity, type ProbeObservation, TOKEN_ATTEMPTS } from '../model/observation.ts';
import type { RoleSettings, Snapshot } from '../model/snapshot.ts';
import { answerText, gotCredentials, isFromBeyond, isOfRole, notSeen } from './observed.ts';
import { bareProbes, clusterSubject, identityProbes, unread } from './shared.ts';

const expected = 'a pod without annotation gets no credentials';
const why = 'any pod that anyone may start would have them';

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  return bareProbes(snapshot).map((observation) => judge(observation, snapshot));
}

function judge(observation: ProbeObservation, snapshot: Snapshot): Finding {
  const { namespace, node, listing, document, caller, attempts } = observation;
  const of = subject('Namespace', namespace, { node });
  const unseen = notSeen(observation, of, { expected, why });
  if (unseen) return unseen;
  const leaks = [
    ...Object.entries(attempts).flatMap(([name, attempt]) => (attempt?.leaked ? [name] : [])),
    ...tokenLeaks(observation, snapshot),
  ];
  if (gotCredentials(observation) || leaks.length > 0) return served(observation, of, leaks, snapshot);
  const evidence = [
    ...(observation.container
      ? [
          {
            what: 'container credentials, by its own token',
            value: answerText(observation.container.document),
          },
        ]
      : []),
    { what: 'listing', value: answerText(listing) },
    {
      what: `document of ${attempts['other-role']?.path ?? 'a role'}`,
      value: answerText(attempts['other-role']),
    },
  ];
  const { held, control } = positiveControl(observation, snapshot);
  if (!held)
    return unknown(of, {
      expected,
      observed: `none were served (${answerText(listing)}), but nothing shows that any could have been`,
      why,
      evidence,
      control,
      fix: {
        text: 'annotate a workload with a role that works, so that there is something to compare with',
        command: null,
        patch: null,
      },
    });
  const other = attempts['other-role'];
  if (other && isFromBeyond(other))
    return unknown(of, {
      expected,
      observed: `not refused, but failed: STS was asked for ${other.path}, and the answer is ${answerText(other)}`,
      why,
      evidence,
      control,
      fix: { text: 'see what answers at 169.254.169.254', command: 'pod-iam status', patch: null },
    });
  if (listing?.status === 200)
    return fail(of, {
      expected: 'the listing is 404 for a pod without role',
      observed: `the listing answers 200: ${listing.body ?? 'an empty body'}; the document: ${answerText(document)}, as ${caller?.arn ?? 'nobody'}`,
      why: 'SDKs take an empty or useless listing for a broken endpoint and do not go on',
      evidence,
      control,
      fix: { text: 'update the proxy', command: 'pod-iam upgrade', patch: null },
    });
  return pass(of, { expected, observed: `the listing: ${answerText(listing)}`, why, evidence, control });
}

function served(
  observation: ProbeObservation,
  of: Subject,
  leaks: string[],
  { settings }: Snapshot,
): Finding {
  const { caller, listing, canary } = observation;
  const who = caller?.arn ?? listing?.body ?? 'somebody';
  const control = {
    what: 'the pod carries no role annotation',
    outcome: `it was served ${gotCredentials(observation) ? `credentials of ${who}` : `a secret key by ${leaks.join(', ')}`}`,
  };
  if (leaks.length === 0 && canary?.isProxy && isDefaultRole(caller, settings))
    return warn(of, {
      expected,
      observed: `${who}: the default role, which every pod without annotation gets`,
      why,
      control,
      fix: {
        text: 'annotate the workloads that need a role, then take --default-role away',
        command: null,
        patch: null,
      },
    });
  return fail(of, {
    expected,
    observed: gotCredentials(observation) ? who : `a secret key was served for: ${leaks.join(', ')}`,
    why,
    evidence: [
      { what: 'answered by', value: canary?.isProxy ? 'the proxy' : 'something else than the proxy' },
    ],
    control,
    fix: {
      text: canary?.isProxy ? 'see by which rule the daemon serves it' : 'put the redirect on the node',
      command: 'pod-iam status',
      patch: null,
    },
  });
}

const isDefaultRole = (
  caller: CallerIdentity | null,
  { defaultRole, baseRoleArn }: RoleSettings,
): boolean => {
  const standard = defaultRole === null ? null : resolveRole(defaultRole, baseRoleArn);
  return Boolean(standard?.ok && caller?.arn && isOfRole(caller.arn, standard.role.arn));
};

/** What the container credentials endpoint gave it, beside workloads that ask there. */
function tokenLeaks({ container }: ProbeObservation, { settings }: Snapshot): string[] {
  if (!container) return [];
  const { document, caller, attempts, url } = container;
  const isServed = document.keyIdEnding !== null && !isDefaultRole(caller, settings);
  const leaked = TOKEN_ATTEMPTS.filter((name) => attempts[name]?.leaked);
  return [...(isServed ? [`its own token, at ${url}`] : []), ...leaked];
}

/**
 * An identity probe on the same node that got credentials by the same script; else one anywhere,
 * together with a harmless path that was answered here with the same token.
 */
function positiveControl({ node, harmless }: ProbeObservation, snapshot: Snapshot) {
  const successes = identityProbes(snapshot).filter(gotCredentials);
  const beside = successes.find((success) => success.node === node);
  if (beside)
    return {
      held: true,
      control: {
        what: 'the same script on the same node, in a pod with a role',
        outcome: `got credentials (${beside.workload})`,
      },
    };
  const elsewhere = successes[0];
  const outcome = elsewhere
    ? `got credentials on ${elsewhere.node} (${elsewhere.workload}); here a harmless path answered ${answerText(harmless)}`
    : 'no pod with a role got credentials';
  return {
    held: elsewhere !== undefined && harmless?.status === 200,
    control: { what: 'the same script in a pod with a role', outcome },
  };
}
