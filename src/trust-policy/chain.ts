// Who trusts whom, from the pod to its role: the links that must hold, each with whose policy decides it
// and what mends or tells it.
import type { RoleArn } from '../model/arn.ts';
import { type Evaluation, evaluateTrust } from '../model/evaluate.ts';
import type { Policy } from '../model/policy.ts';
import { quote } from '../model/shell.ts';
import type { Fact, Grant, OwnSide } from '../model/snapshot.ts';
import { readNodeIdentity } from './identity.ts';
import { nodePolicy } from './node-policy.ts';

export interface ChainFacts {
  /** Null while its account is not known. */
  role: RoleArn | null;
  /** The role as it was asked for, for when it could not be read. */
  roleName: string;
  /** The role's trust policy. */
  policy: Fact<Policy>;
  /** The identity that the proxy has: the node's role. */
  nodeIdentity: Fact<string>;
  /** `namespace/Kind/name` of those annotated with the role; null when nobody was to look. */
  workloads: Fact<readonly string[]> | null;
  /** Whether a proxy hands roles out in the cluster; null when it is not known. */
  isServed?: boolean | null;
  /** What the node's own side says of assuming the role; null when it was not to be read. */
  ownSide: Fact<OwnSide> | null;
}

export interface Link {
  holds: boolean | 'unknown';
  /** One sentence. */
  text: string;
  /** Where it is decided. */
  decidedBy: string;
  /** A command, or words, that mend it when it does not hold, or decide it when it is unknown. */
  next: string | null;
  /** What to grant the one who asks, when that is why it is unknown. */
  grant: Grant | null;
}

export interface Chain {
  /** Of the node's role or user, as a trust policy names it; null while it is not known. */
  node: string | null;
  role: string;
  /** Null when they are not known. */
  workloads: readonly string[] | null;
  links: Link[];
}

/** @throws Problem of kind usage for a node identity that is none */
export function chainOf(facts: ChainFacts): Chain {
  const { role, roleName, nodeIdentity, workloads } = facts;
  const node = nodeIdentity.state === 'known' ? readNodeIdentity(nodeIdentity.value).principal : null;
  const links = [podLink(facts), trustLink(facts, node), askLink(facts, node)];
  return {
    node,
    role: role?.arn ?? roleName,
    workloads: workloads?.state === 'known' ? workloads.value : null,
    links: links.filter((link) => link !== null),
  };
}

const nameOf = ({ role, roleName }: ChainFacts): string => role?.name ?? roleName;

function podLink(facts: ChainFacts): Link | null {
  const { workloads, role } = facts;
  if (workloads === null) return null;
  const decidedBy = "the pod's annotation iam.amazonaws.com/role";
  if (workloads.state === 'unknown')
    return unknownLink(`Which workloads name the role is not known: ${workloads.why}.`, decidedBy, workloads);
  const wanted = role?.arn ?? nameOf(facts);
  if (workloads.value.length === 0)
    return {
      ...{ holds: false, text: `No workload is annotated with ${wanted}.`, decidedBy, grant: null },
      next: `put "iam.amazonaws.com/role: ${nameOf(facts)}" into the annotations of a pod template`,
    };
  const text = `The pod names the role: ${few(workloads.value)}`;
  if (facts.isServed === false)
    return {
      ...{ holds: false, text: `${text}; but no proxy is installed to hand it out.`, decidedBy, grant: null },
      next: 'pod-iam install',
    };
  return holding(`${text}.`, decidedBy);
}

/** Four names, or three and how many more. */
export const few = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

const ask = (facts: ChainFacts, policy: Policy, caller: string, own: 'any' | 'silent'): Evaluation =>
  evaluateTrust(policy, {
    ...{
      caller,
      action: 'sts:AssumeRole',
      role: facts.role?.arn ?? null,
      context: {},
      identityPolicies: own,
    },
    parametersAreUnknown: true,
  });

function trustLink(facts: ChainFacts, principal: string | null): Link {
  const { policy, nodeIdentity } = facts;
  const name = nameOf(facts);
  const decidedBy = `the trust policy of ${name}`;
  if (policy.state === 'unknown')
    return unknownLink(`Whom ${name} trusts is not known: ${policy.why}.`, decidedBy, policy);
  if (nodeIdentity.state === 'unknown')
    return {
      ...unknownLink(
        `Which role the nodes carry is not known: ${nodeIdentity.why}.`,
        decidedBy,
        nodeIdentity,
      ),
      next: 'give --node-role ARN',
    };
  const { decision, because } = ask(facts, policy.value, nodeIdentity.value, 'any');
  if (decision === 'unknown') return unknownLink(`It hangs on a fact: ${because}.`, decidedBy, null);
  // What the node's own policies say is the next link's.
  const alone = because.replace(/, and the caller's own policies allow it$/, '');
  const leaves = alone === because ? '' : "; that leaves it to the node's own policies";
  if (decision === 'allow') return holding(`${name} trusts the node: ${alone}${leaves}.`, decidedBy);
  return {
    ...{ holds: false, text: `${name} does not trust the node: ${because}.`, decidedBy, grant: null },
    next: `pod-iam trust-policy apply --role ${quote(name)} --node-role ${principal}`,
  };
}

function askLink(facts: ChainFacts, principal: string | null): Link {
  const { policy, nodeIdentity, ownSide, role } = facts;
  const name = principal === null ? 'the node' : principal.slice(principal.lastIndexOf('/') + 1);
  const target = nameOf(facts);
  const decidedBy = `the policies of ${name} itself`;
  const side = ownSide?.state === 'known' ? ownSide.value : null;
  if (side === 'allows') return holding(`${name} may call sts:AssumeRole on ${target}.`, decidedBy);
  if (side === 'barred')
    return {
      ...{ holds: false, decidedBy, grant: null },
      text: `${name} is barred from sts:AssumeRole on ${target}, by a Deny, its boundary or the organisation.`,
      next: 'pod-iam doctor (GR001 and GR003 say which)',
    };
  // In one account a role that names the node asks nothing more of it, were it not barred.
  const isNamed =
    policy.state === 'known' &&
    nodeIdentity.state === 'known' &&
    ask(facts, policy.value, nodeIdentity.value, 'silent').decision === 'allow';
  if (isNamed)
    return holding(
      `${name} needs no policy of its own: ${target} names it, and both are of one account.`,
      decidedBy,
    );
  if (side === 'silent')
    return {
      ...{ holds: false, decidedBy, grant: null },
      ...(willBeNamed(facts)
        ? {
            text: `${name} may not call sts:AssumeRole on ${target}; once ${target} names it, it needs no leave of its own.`,
            next: null,
          }
        : {
            text: `${name} may not call sts:AssumeRole on ${target}.`,
            next: role === null || principal === null ? null : putPolicy(name, principal, role.arn),
          }),
    };
  const needed = `${name} needs a policy that allows sts:AssumeRole on ${role?.arn ?? target}`;
  const why =
    ownSide?.state === 'unknown'
      ? `whether it has one is not known: ${ownSide.why.replace(/\.+$/, '')}`
      : 'whether it has one was not looked up';
  return unknownLink(`${needed}; ${why}.`, decidedBy, ownSide);
}

/** Mending the trust policy is enough where it lets the node in by nothing yet, and both are of one account. */
function willBeNamed(facts: ChainFacts): boolean {
  const { policy, nodeIdentity, role } = facts;
  if (policy.state === 'unknown' || nodeIdentity.state === 'unknown' || role === null) return false;
  const isOut = ask(facts, policy.value, nodeIdentity.value, 'any').decision === 'deny';
  return isOut && readNodeIdentity(nodeIdentity.value).account === role.account;
}

function putPolicy(name: string, principal: string, target: string): string {
  const kind = principal.includes(':user/') ? 'user' : 'role';
  const document = JSON.stringify(JSON.parse(nodePolicy([target])));
  return `aws iam put-${kind}-policy --${kind}-name ${name} --policy-name pod-iam --policy-document '${document}'`;
}

const holding = (text: string, decidedBy: string): Link => ({
  ...{ holds: true, text, decidedBy, next: null, grant: null },
});

const unknownLink = (text: string, decidedBy: string, fact: Fact<unknown> | null): Link => ({
  ...{ holds: 'unknown', text, decidedBy, next: null },
  grant: fact?.state === 'unknown' ? fact.grant : null,
});
