// Which workloads of a cluster end up as a role: those that the proxy gets it for, and those whose service
// account's token its trust policy takes.
import { evaluateTrust } from '../model/evaluate.ts';
import type { Policy } from '../model/policy.ts';
import type { Fact, OwnSide } from '../model/snapshot.ts';
import { readNodeIdentity } from './identity.ts';

export interface PodFacts {
  /** ARN. */
  role: string;
  policy: Policy;
  nodeIdentities: Fact<readonly string[]>;
  ownSides: ReadonlyMap<string, Fact<OwnSide>>;
  /** `namespace/Kind/name` of those annotated with the role. */
  workloads: Fact<readonly string[]>;
  /** Whether a proxy hands roles out in the cluster; null when it is not known. */
  isServed?: boolean | null;
  /** `namespace/name` of those annotated with the role for IRSA. */
  serviceAccounts: readonly string[];
}

export interface PodsThatCan {
  /** By the proxy. */
  workloads: string[];
  /** By a token of their service account, `namespace/name`. */
  serviceAccounts: string[];
  /** Name the role, and do not get it: each with the reason. */
  inVain: { who: string; why: string }[];
  /** What is not known, one line each. */
  notKnown: string[];
}

/** Which pods can end up as the role, by their annotation or by their service account's token. */
export function podsThatCan(facts: PodFacts): PodsThatCan {
  const { workloads, serviceAccounts } = facts;
  const found: PodsThatCan = { workloads: [], serviceAccounts: [], inVain: [], notKnown: [] };
  for (const account of serviceAccounts) {
    if (isTaken(account, facts)) found.serviceAccounts.push(account);
    else
      found.inVain.push({
        who: `pods of the service account ${account}`,
        why: 'the trust policy does not take its token',
      });
  }
  if (workloads.state === 'unknown') found.notKnown.push(`which workloads name the role: ${workloads.why}`);
  else if (workloads.value.length > 0) judgeProxied(workloads.value, facts, found);
  return found;
}

function judgeProxied(workloads: readonly string[], facts: PodFacts, found: PodsThatCan): void {
  const { nodeIdentities } = facts;
  if (facts.isServed === false) {
    found.inVain.push(...workloads.map((who) => ({ who, why: 'no proxy is installed to hand it out' })));
    return;
  }
  if (nodeIdentities.state === 'unknown') {
    found.notKnown.push(
      `whether ${workloads.join(', ')}, which name the role, get it: ${nodeIdentities.why}`,
    );
    return;
  }
  const refusals = nodeIdentities.value.map((node) => refusalOf(node, facts));
  const [why = null] = refusals;
  if (refusals.every((refusal) => refusal !== null) && why !== null)
    found.inVain.push(...workloads.map((who) => ({ who, why })));
  else found.workloads.push(...workloads);
  const out = refusals.filter((refusal) => refusal !== null);
  if (out.length > 0 && out.length < refusals.length)
    found.notKnown.push(`on which nodes these pods run; not all have it: ${out.join('; ')}`);
}

/** Why the proxy of such a node does not get the role; null when it does, or may. */
function refusalOf(node: string, { policy, role, ownSides }: PodFacts): string | null {
  const request = { caller: node, action: 'sts:AssumeRole', role, context: {}, parametersAreUnknown: true };
  const { principal } = readNodeIdentity(node);
  if (evaluateTrust(policy, { ...request, identityPolicies: 'any' }).decision === 'deny')
    return `the trust policy does not let ${principal} in`;
  const side = ownSides.get(node);
  if (side?.state !== 'known' || side.value === 'allows') return null;
  const isNamed = evaluateTrust(policy, { ...request, identityPolicies: 'silent' }).decision === 'allow';
  return side.value === 'silent' && isNamed
    ? null
    : `the policies of ${principal} do not let it assume the role`;
}

function isTaken(account: string, { policy, role }: PodFacts): boolean {
  const [namespace, name] = account.split('/');
  const providers = policy.statements.flatMap(({ principals }) =>
    principals.flatMap(({ text, names }) => (names.kind === 'oidc' ? [{ text, issuer: names.issuer }] : [])),
  );
  return providers.some(({ text, issuer }) => {
    const { decision } = evaluateTrust(policy, {
      ...{ caller: text, action: 'sts:AssumeRoleWithWebIdentity', role, identityPolicies: 'any' },
      context: {
        [`${issuer}:sub`]: [`system:serviceaccount:${namespace}:${name}`],
        [`${issuer}:aud`]: ['sts.amazonaws.com'],
      },
      parametersAreUnknown: true,
    });
    return decision !== 'deny';
  });
}

/** Empty for nobody. */
export function renderPods({ workloads, serviceAccounts, inVain, notKnown }: PodsThatCan): string[] {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  return [
    ...section('By the proxy, as pods of:', workloads),
    ...section('By a token, as pods of the service account:', serviceAccounts),
    ...section(
      'In vain, though they name it:',
      inVain.map(({ who, why }) => `${who} (${why})`),
    ),
    ...section('Not known:', notKnown),
  ];
}
