// Rules on whom the document names: forms that IAM refuses, and forms that it takes and that do not
// mean what they seem to.
import { coversAction } from '../../model/policy/actions.ts';
import { removeValue, replaceValue } from '../edit.ts';
import { readNodeIdentity } from '../identity.ts';
import type { CheckOptions, Rule } from '../rule.ts';
import { allows, hasKind, principalsOf } from './shared.ts';

/** A rule whose breaches the parser finds. */
const refused = (code: string, title: string, why: string, fix: string): Rule => ({
  code,
  title,
  severity: 'error',
  why,
  fix,
  find: () => [],
});

const uniqueIds: Rule = {
  code: 'TP010',
  title: 'no principal was deleted',
  severity: 'error',
  why: 'IAM stores principals by unique id, and shows the id once the role or user is gone; one of the same name that was made anew has another id and is refused for ever',
  fix: 'write the ARN of the role or user again and save the document',
  find: ({ policy }) =>
    policy.statements.flatMap((statement) =>
      principalsOf(statement, 'unique-id').map((principal) => ({
        at: principal,
        observed: `the principal ${principal.text} is a unique id: what it named was deleted`,
      })),
    ),
};

const partitions: Rule = {
  code: 'TP014',
  title: 'all principals are in the same partition',
  severity: 'error',
  why: 'nothing crosses partitions: an identity of aws can never assume a role of aws-cn or aws-us-gov',
  fix: 'use the ARN of the right partition',
  find({ policy, options }) {
    const named = policy.statements
      .flatMap(({ principals }) => principals)
      .flatMap((principal) => {
        const partition = 'partition' in principal.names ? principal.names.partition : null;
        return partition === null ? [] : [{ principal, partition }];
      });
    const known = options.role?.partition ?? nodePartition(options);
    const expected = known ?? named[0]?.partition;
    const other = known ? 'the role is' : `${named[0]?.principal.text} is`;
    return named
      .filter(({ partition }) => partition !== expected)
      .map(({ principal, partition }) => ({
        at: principal,
        observed: `${principal.text} is in the partition ${partition}, and ${other} in ${expected}`,
      }));
  },
};

const oneSession: Rule = {
  code: 'TP017',
  title: 'no principal is one single session',
  severity: 'warning',
  why: "a node's session is named after its instance, so that the next node of the group is refused",
  fix: 'name the role of the session',
  find: ({ policy }) =>
    allows(policy).flatMap((statement) =>
      principalsOf(statement, 'session').map((principal) => {
        const { partition, account, roleName } = principal.names;
        return {
          at: principal,
          observed: `${principal.text} is one session of the role ${roleName}`,
          fix: {
            text: `name the role: arn:${partition}:iam::${account}:role/${roleName} (with its path, if it has one)`,
            correct: replaceValue(principal.pointer, `arn:${partition}:iam::${account}:role/${roleName}`),
          },
        };
      }),
    ),
};

const compute: Rule = {
  code: 'TP036',
  title: "no pods' role can be attached to instances",
  severity: 'warning',
  why: 'whoever may run instances and pass this role gets its power, beside the pods that it is meant for',
  fix: 'remove ec2.amazonaws.com from the document',
  find({ policy }) {
    const statements = allows(policy);
    const isForPods = statements.some(
      (statement) =>
        hasKind(statement, 'role', 'session', 'oidc', 'account', 'user') ||
        principalsOf(statement, 'service').some(({ text }) => text === 'pods.eks.amazonaws.com'),
    );
    if (!isForPods) return [];
    return statements
      .filter((statement) => coversAction(statement, 'sts:AssumeRole'))
      .flatMap((statement) =>
        principalsOf(statement, 'service').filter(({ text }) => /^ec2\.amazonaws\.com(?:\.cn)?$/.test(text)),
      )
      .map((principal) => ({
        at: principal,
        observed: `the document also trusts ${principal.text}, as a role for instances does`,
        fix: { text: compute.fix, correct: removeValue(principal.pointer) },
      }));
  },
};

const selfTrust: Rule = {
  code: 'TP037',
  title: 'the role does not trust itself without need',
  severity: 'info',
  why: 'a role may assume itself only when its trust policy says so; few programs do it',
  fix: 'remove it unless a program assumes its own role again',
  find({ policy, options: { role } }) {
    if (role === null) return null;
    return allows(policy)
      .flatMap((statement) => principalsOf(statement, 'role'))
      .filter(({ text }) => text === role.arn)
      .map((principal) => ({
        at: principal,
        observed: `the role trusts itself: ${principal.text}`,
        fix: { text: selfTrust.fix, correct: removeValue(principal.pointer) },
      }));
  },
};

const nodePartition = ({ nodeIdentities }: CheckOptions): string | null =>
  nodeIdentities.length === 0 ? null : readNodeIdentity(nodeIdentities[0]!).partition;

export const principalRules: readonly Rule[] = [
  refused(
    'TP004',
    'each statement names principals that IAM knows',
    'IAM answers MalformedPolicyDocument: a trust policy must say whom it trusts',
    'add "Principal": {"AWS": "ARN of the role that the nodes carry"}',
  ),
  refused(
    'TP005',
    'no NotPrincipal',
    'IAM refuses it in trust policies',
    'name the account in Principal, and deny the rest by a condition on aws:PrincipalArn',
  ),
  refused(
    'TP006',
    'Principal is not "*"',
    'IAM answers: Invalid principal in policy: "STAR":"*"',
    'name the principals',
  ),
  refused(
    'TP009',
    'no wildcard inside a principal',
    'IAM matches principals whole, and refuses wildcards in them',
    'name the root of the account and narrow it with ArnLike on aws:PrincipalArn',
  ),
  uniqueIds,
  refused(
    'TP012',
    'no group is a principal',
    'a group is a list of users and never calls AWS itself',
    'name a role',
  ),
  refused(
    'TP013',
    'no instance profile is a principal',
    "an instance profile is a container: what calls AWS is the role inside it, and IAM refuses the profile's ARN",
    'name the role inside the profile (aws iam get-instance-profile)',
  ),
  partitions,
  oneSession,
  compute,
  selfTrust,
];
