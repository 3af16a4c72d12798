// What several checks ask of the roles that the daemons run as: which there are, what IAM let be read of
// them, and which pods' roles they are to assume.
import { parseRoleArn } from '../model/arn.ts';
import { type Finding, type Subject, subject } from '../model/finding.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import type { NodeRoleFact, PolicyFact, Snapshot } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

export interface NodeRole {
  arn: string;
  subject: Subject;
  fact: NodeRoleFact;
}

/**
 * The roles of the daemons that IAM knows. A user, as some set-ups give the daemon, has none.
 * @returns findings instead, when it is not known who the daemons are
 */
export function nodeRoles(
  snapshot: Snapshot,
  words: { expected: string; why: string },
): { roles: NodeRole[]; findings: Finding[] } {
  const { nodeIdentities, aws } = snapshot;
  if (nodeIdentities.state === 'unknown')
    return {
      roles: [],
      findings: [unread(nodeIdentities, clusterSubject(snapshot), words.expected, words.why)],
    };
  const roles = Object.entries(aws.nodeRoles).map(([arn, fact]) => ({
    arn,
    subject: subject('Role', parseRoleArn(arn)?.name ?? arn, { role: arn }),
    fact,
  }));
  return { roles, findings: [] };
}

/** A judgement of each node role by its policies, where they could be read. */
export function judgePolicies(
  snapshot: Snapshot,
  words: { expected: string; why: string },
  judge: (role: NodeRole, policies: readonly ReadPolicy[]) => Finding,
): Finding[] {
  const { roles, findings } = nodeRoles(snapshot, words);
  return [
    ...findings,
    ...roles.map((role) =>
      role.fact.policies.state === 'unknown'
        ? unread(role.fact.policies, role.subject, words.expected, words.why)
        : judge(role, role.fact.policies.value.flatMap(read)),
    ),
  ];
}

export interface ReadPolicy {
  name: string;
  policy: Policy;
}

function read({ name, arn, document }: PolicyFact): ReadPolicy[] {
  const { policy } = parsePolicy(document, 'identity');
  return policy === null ? [] : [{ name: arn ?? `inline policy ${name}`, policy }];
}
