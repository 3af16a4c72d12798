// GR001: the node role must be allowed to assume each role in use, by its own policies, unless the trust
// policy of a role in the same account names the node role itself, which is enough.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import { parseRoleArn } from '../model/arn.ts';
import { evaluateTrust } from '../model/evaluate.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import { parsePolicy } from '../model/policy.ts';
import { quote } from '../model/shell.ts';
import type { SimulatedCall, Snapshot } from '../model/snapshot.ts';
import { nodePolicy } from '../trust-policy/node-policy.ts';
import { type NodeRole, nodeRoles } from './node-role.ts';
import { unread } from './shared.ts';

const expected = 'the node role may assume every annotated role';
const why =
  'STS refuses what the policies of the node role do not allow, unless the trust policy names it itself';

export function run(snapshot: Snapshot): Finding[] {
  const { roles, findings } = nodeRoles(snapshot, { expected, why });
  return [
    ...findings,
    ...roles.map((role) => {
      const { assume } = role.fact;
      return assume.state === 'unknown'
        ? unread(assume, role.subject, expected, why)
        : judge(role, assume.value, snapshot);
    }),
  ];
}

function judge(node: NodeRole, calls: readonly SimulatedCall[], snapshot: Snapshot): Finding {
  const { subject: of, arn } = node;
  // What a boundary or the organisation forbids is GR003's.
  const silent = calls.filter(
    ({ decision, boundaryAllows, organisationAllows }) =>
      decision !== 'allowed' && boundaryAllows !== false && organisationAllows !== false,
  );
  const needed = silent.filter(
    ({ decision, resource }) => decision === 'explicitDeny' || !isNamedItself(arn, resource, snapshot),
  );
  const evidence = calls.map(({ resource, decision }) => ({ what: resource, value: decision }));
  if (needed.length === 0) {
    const direct =
      silent.length === 0 ? '' : `; ${silent.length} of them because their trust policies name it`;
    return pass(of, {
      expected,
      observed: `it may assume ${calls.length} of ${calls.length}${direct}`,
      why,
      evidence,
    });
  }
  const targets = needed.map(({ resource }) => resource);
  const { name = arn } = parseRoleArn(arn) ?? {};
  const document = nodePolicy(targets);
  return fail(of, {
    expected,
    observed: `its policies do not let it assume ${targets.join(', ')}`,
    why,
    evidence,
    fix: {
      text: `give ${arn} this policy`,
      command: `aws iam put-role-policy --role-name ${quote(name)} --policy-name pod-iam --policy-document ${quote(document.trim())}`,
      patch: document,
    },
  });
}

/** Whether the target's trust policy lets the node role in by its own name, which asks nothing of its policies. */
function isNamedItself(node: string, target: string, { aws }: Snapshot): boolean {
  const fact = aws.roles[target];
  if (fact?.state !== 'known' || fact.value === null) return false;
  const { policy } = parsePolicy(fact.value.trustPolicy);
  if (policy === null) return false;
  const { decision, isCrossAccount } = evaluateTrust(policy, {
    caller: node,
    action: 'sts:AssumeRole',
    role: target,
    context: {},
    parametersAreUnknown: true,
    identityPolicies: 'silent',
  });
  return decision !== 'deny' && !isCrossAccount;
}
