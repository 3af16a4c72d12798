// Node identities as people have them at hand (a role, a user, a session from GetCallerIdentity) turned
// into principals that a trust policy should name.
import { parseArn, parseSessionArn } from '../model/arn.ts';
import { isInAccount, parseCaller } from '../model/evaluate/caller.ts';
import { usageProblem } from '../model/problem.ts';

export interface NodeIdentity {
  /** As given. */
  text: string;
  /** What the trust policy should name: for a session the ARN of its role. */
  principal: string;
  account: string;
  partition: string;
  /** True for a session, whose ARN does not tell whether its role has a path. */
  isPathLost: boolean;
}

/** Reads a node identity; throws a usage Problem (BAD_NODE_ROLE) for what cannot be one. */
export function readNodeIdentity(text: string): NodeIdentity {
  const caller = parseCaller(text);
  if (caller && isInAccount(caller) && (caller.kind === 'role' || caller.kind === 'user'))
    return { text, principal: text, account: caller.account, partition: caller.partition, isPathLost: false };
  const session = parseSessionArn(text);
  if (caller?.kind === 'session' && session) {
    const principal = `arn:${session.partition}:iam::${session.account}:role/${session.roleName}`;
    return { text, principal, account: session.account, partition: session.partition, isPathLost: true };
  }
  throw usageProblem({
    code: 'BAD_NODE_ROLE',
    what: `"${text}" is no node identity`,
    why: whyNot(text),
    next: 'give the ARN of the role that the nodes carry, such as arn:aws:iam::111122223333:role/node',
  });
}

function whyNot(text: string): string {
  const arn = parseArn(text);
  if (!arn) return 'it is no ARN';
  if (arn.resource.startsWith('instance-profile/'))
    return 'it is an instance profile; the identity is the role inside it (aws iam get-instance-profile)';
  if (arn.resource === 'root') return 'it is a whole account';
  return 'it is neither a role, a user nor a session of a role';
}
