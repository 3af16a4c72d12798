// Shared by the checks that read the policies of the node role.
import { known, type PolicyFact, type Snapshot } from '../../src/model/snapshot.ts';
import { forbidden, goodAws, goodSnapshot, NODE_ROLE, nodeRole } from '../helpers/snapshot.ts';

/** The good snapshot with other policies of the node role; null: they may not be read, which is unknown. */
export function withPolicies(...policies: (PolicyFact | null)[]): Snapshot {
  const fact = policies.includes(null)
    ? forbidden('iam:ListRolePolicies')
    : known(policies as PolicyFact[], 'iam:GetRolePolicy');
  return goodSnapshot({ aws: goodAws({ nodeRoles: { [NODE_ROLE]: { ...nodeRole(), policies: fact } } }) });
}

export const policy = (statement: object, name = 'own'): PolicyFact => ({
  name,
  arn: null,
  document: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }),
});
