// What the evaluator says of each identity that must be let in, for the rules on those identities.
import { type Evaluation, evaluateTrust } from '../../model/evaluate.ts';
import { readNodeIdentity } from '../identity.ts';
import type { RuleInput } from '../rule.ts';

export const hasNodes = ({ options }: RuleInput): boolean => options.nodeIdentities.length > 0;

/** Where the document as a whole is meant. */
export const start = { pointer: '', line: 1, column: 1 };

export interface Asked {
  identity: string;
  principal: string;
  /** As if the pods sent whatever the document asks for. */
  evaluation: Evaluation;
}

export function ask({ policy, options }: RuleInput): Asked[] {
  return options.nodeIdentities.map((identity) => ({
    identity,
    principal: readNodeIdentity(identity).principal,
    evaluation: evaluateTrust(policy, {
      caller: identity,
      action: 'sts:AssumeRole',
      role: options.role?.arn ?? null,
      context: {},
      identityPolicies: 'any',
      parametersAreUnknown: true,
    }),
  }));
}
