// Rules on what the proxy sends along for a pod, its external id and session name, beside what the
// document asks of the identities that must be let in.
import { type Evaluation, evaluateTrust } from '../../model/evaluate.ts';
import { readNodeIdentity } from '../identity.ts';
import type { Rule, RuleInput, Violation } from '../rule.ts';
import { allows, conditionsOn } from './shared.ts';

type Context = Record<string, readonly string[]>;

/** The verdict on each identity, with all other request parameters as the document wants them. */
const decide = ({ policy, options }: RuleInput, context: Context): Evaluation['decision'][] =>
  options.nodeIdentities.map(
    (caller) =>
      evaluateTrust(policy, {
        caller,
        action: 'sts:AssumeRole',
        role: options.role?.arn ?? null,
        context,
        identityPolicies: 'any',
        parametersAreUnknown: true,
      }).decision,
  );

/** Whether somebody is refused with these values who would be let in with others. */
function isRefusedFor(input: RuleInput, context: Context): boolean {
  const open = decide(input, {});
  return decide(input, context).some((decision, index) => decision === 'deny' && open[index] !== 'deny');
}

const place = ({ policy }: RuleInput, key: string): Violation['at'] =>
  allows(policy).flatMap((statement) => conditionsOn(statement, (folded) => folded === key))[0] ?? {
    pointer: '',
    line: 1,
    column: 1,
  };

const sent = (externalId: string | null): Context => ({
  'sts:ExternalId': externalId === null ? [] : [externalId],
});

const externalId: Rule = {
  code: 'TP039',
  title: 'the pod sends the external id that is asked for',
  severity: 'error',
  why: 'STS compares the external id that the proxy sends for the pod with the condition, and answers AccessDenied',
  fix: 'annotate the pod with iam.amazonaws.com/external-id, or remove the condition',
  find(input) {
    const { externalId: given, nodeIdentities } = input.options;
    if (given === undefined || nodeIdentities.length === 0 || input.isRefused) return null;
    if (!isRefusedFor(input, sent(given))) return [];
    const observed =
      given === null
        ? 'the document asks for an external id, and the pod carries none'
        : 'the document asks for another external id than the pod carries';
    return [{ at: place(input, 'sts:externalid'), observed }];
  },
};

const needlessId: Rule = {
  code: 'TP040',
  title: 'the external id that is sent is asked for',
  severity: 'info',
  why: 'an external id protects only where the trust policy asks for it',
  fix: 'add {"StringEquals": {"sts:ExternalId": "…"}}, or remove the annotation',
  find(input) {
    const { externalId: given, nodeIdentities } = input.options;
    if (given === undefined || given === null || nodeIdentities.length === 0 || input.isRefused) return null;
    if (!decide(input, sent(null)).includes('allow')) return [];
    return [
      {
        at: input.policy.statements[0] ?? place(input, 'sts:externalid'),
        observed: 'the pod carries an external id, and the document lets the nodes in without one',
      },
    ];
  },
};

const sessionName: Rule = {
  code: 'TP043',
  title: 'the session name meets the condition',
  severity: 'error',
  why: 'STS compares the session name that the proxy asks for with the condition on sts:RoleSessionName, and answers AccessDenied',
  fix: 'set --session-name of the proxy or the annotation iam.amazonaws.com/session-name, or mend the condition',
  find(input) {
    const { sessionName: given, nodeIdentities } = input.options;
    if (!given || nodeIdentities.length === 0 || input.isRefused) return null;
    if (!isRefusedFor(input, { 'sts:RoleSessionName': [given] })) return [];
    return [
      {
        at: place(input, 'sts:rolesessionname'),
        observed: `the document refuses the session name "${given}"`,
      },
    ];
  },
};

const ownRole: Rule = {
  code: 'TP038',
  title: "the role is not the nodes' own",
  severity: 'security',
  why: "a pod with the nodes' own role has the nodes' power: it may become every role that the proxy can",
  fix: 'give the pods a role of their own',
  find({ policy, options }) {
    const { role, nodeIdentities } = options;
    if (role === null || nodeIdentities.length === 0) return null;
    return nodeIdentities
      .filter((identity) => readNodeIdentity(identity).principal === role.arn)
      .map(() => ({
        at: policy.statements[0] ?? { pointer: '', line: 1, column: 1 },
        observed: `${role.arn} is the role that the nodes carry`,
      }));
  },
};

export const requestRules: readonly Rule[] = [ownRole, externalId, needlessId, sessionName];
