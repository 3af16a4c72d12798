// Who trusts whom, from the pod to its role: the links that must hold, each with whose policy decides it,
// and a picture of them for a terminal.
import { parseRoleArn, type RoleArn } from '../model/arn.ts';
import { evaluateTrust } from '../model/evaluate.ts';
import type { Policy } from '../model/policy.ts';
import { readNodeIdentity } from './identity.ts';

export interface ChainFacts {
  role: RoleArn;
  /** The role's trust policy. */
  policy: Policy;
  /** The identity that the proxy has: the node's role. */
  nodeIdentity: string;
  /** `namespace/Kind/name` of those annotated with the role; null when nobody looked. */
  workloads: readonly string[] | null;
  /** What IAM's simulator says of the node's own policies; null when it was not asked. */
  mayAssume: boolean | null;
}

export interface Link {
  holds: boolean | 'unknown';
  /** One sentence. */
  text: string;
  /** Where it is decided. */
  decidedBy: string;
}

export interface Chain {
  /** Of the node's role or user, as a trust policy names it. */
  node: string;
  role: string;
  workloads: readonly string[] | null;
  links: Link[];
}

/** @throws Problem of kind usage for a node identity that is none */
export function chainOf(facts: ChainFacts): Chain {
  const { role, nodeIdentity, workloads } = facts;
  const { principal } = readNodeIdentity(nodeIdentity);
  const links = [podLink(workloads, role), trustLink(facts), askLink(facts, principal)];
  return { node: principal, role: role.arn, workloads, links: links.filter((link) => link !== null) };
}

function podLink(workloads: ChainFacts['workloads'], { arn }: RoleArn): Link | null {
  if (workloads === null) return null;
  const decidedBy = "the pod's annotation iam.amazonaws.com/role";
  return workloads.length === 0
    ? { holds: false, text: `No workload is annotated with ${arn}.`, decidedBy }
    : { holds: true, text: `The pod names the role: ${workloads.join(', ')}.`, decidedBy };
}

const ask = ({ policy, role, nodeIdentity }: ChainFacts, identityPolicies: 'any' | 'silent') =>
  evaluateTrust(policy, {
    ...{ caller: nodeIdentity, action: 'sts:AssumeRole', role: role.arn, context: {}, identityPolicies },
    parametersAreUnknown: true,
  });

function trustLink(facts: ChainFacts): Link {
  const { decision, because } = ask(facts, 'any');
  const decidedBy = `the trust policy of ${facts.role.name}`;
  if (decision === 'unknown') return { holds: 'unknown', text: `It hangs on a fact: ${because}.`, decidedBy };
  const holds = decision === 'allow';
  return {
    holds,
    text: `${facts.role.name} ${holds ? 'trusts' : 'does not trust'} the node: ${because}.`,
    decidedBy,
  };
}

function askLink(facts: ChainFacts, principal: string): Link {
  const name = principal.slice(principal.lastIndexOf('/') + 1);
  const decidedBy = `the policies of ${name} itself`;
  const needsNone = ask(facts, 'silent').decision === 'allow';
  if (facts.mayAssume === true)
    return { holds: true, text: `${name} may call sts:AssumeRole on ${facts.role.name}.`, decidedBy };
  if (needsNone)
    return {
      holds: true,
      text: `${name} needs no policy of its own: ${facts.role.name} names it, and both are of one account.`,
      decidedBy,
    };
  if (facts.mayAssume === false)
    return { holds: false, text: `${name} may not call sts:AssumeRole on ${facts.role.name}.`, decidedBy };
  return {
    holds: 'unknown',
    text: `${name} needs a policy that allows sts:AssumeRole on ${facts.role.arn}; whether it has one was not looked up.`,
    decidedBy,
  };
}

const marks = { true: '✓ holds   ', false: '✗ MISSING ', unknown: '? unknown ' } as const;

/** In a terminal of 80 columns the drawing fits; ARNs may be longer. */
export function drawChain({ node, role, workloads, links }: Chain): string {
  const pods = workloads === null ? 'annotated with the role' : workloads.join(', ') || 'none is annotated';
  const kind = parseRoleArn(node) ? 'the node\'s role (the "gold" role)' : 'the identity of the proxy';
  return [
    `  a pod                  ${pods}`,
    '    │  asks 169.254.169.254, and the proxy on its node answers',
    '    ▼',
    `  ${kind}`,
    `                         ${node}`,
    '    │  sts:AssumeRole: the one who asks needs a policy, the one who is',
    '    ▼  asked for needs a trust policy; they are two documents',
    `  the pod's role         ${role}`,
    '',
    ...links.flatMap(({ holds, text, decidedBy }, index) => [
      `  ${marks[`${holds}`]}${index + 1}  ${text}`,
      `               decided by ${decidedBy}`,
    ]),
  ].join('\n');
}
