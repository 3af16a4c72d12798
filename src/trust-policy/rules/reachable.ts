// The rule on statements that nobody can use: what they ask for is in no request of those whom they name, or
// contradicts itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
import { parseArn } from '../../model/arn.ts';
import type { Condition, Policy, PrincipalKind, Statement } from '../../model/policy.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows, conditionsOn, isGuard } from './shared.ts';

const reachable: Rule = {
  code: 'TP053',
  title: 'those whom an Allow names can meet its conditions',
  severity: 'error',
  why: 'IAM saves such a statement, and STS answers AccessDenied to everybody whom it names',
  fix: 'ask for what such a caller has, or remove the condition',
  find: ({ policy }) => [...absentKeys(policy), ...otherAccounts(policy)],
};

type Kind = PrincipalKind['kind'];

const BY_ACCOUNT: readonly Kind[] = ['everyone', 'account', 'role', 'user', 'session', 'federated-user'];
const BY_TOKEN: readonly Kind[] = ['oidc', 'saml'];

/** Keys that requests of some kinds of callers never have, and why. */
const ABSENT: readonly { key: RegExp; kinds: readonly Kind[]; why: string; fix: string }[] = [
  {
    key: /^aws:source(?:arn|account|orgid|orgpaths)$/,
    kinds: [...BY_ACCOUNT, ...BY_TOKEN],
    why: 'only a request that an AWS service makes for a resource has it',
    fix: 'name the caller as the principal, or by aws:PrincipalArn, aws:PrincipalAccount or aws:PrincipalOrgID',
  },
  {
    key: /^aws:principal(?:arn|account|orgid|orgpaths)$/,
    kinds: BY_TOKEN,
    why: 'whoever brings a token or an assertion is of no account yet',
    fix: 'ask for claims of the token or the assertion, such as its subject',
  },
  {
    key: /^aws:principal(?:arn|account|orgid|orgpaths)$/,
    kinds: ['service'],
    why: 'a service is of no account and no organisation',
    fix: 'ask for aws:SourceAccount, aws:SourceArn or aws:SourceOrgID',
  },
  {
    key: /^sts:externalid$/,
    kinds: BY_TOKEN,
    why: 'only sts:AssumeRole takes an external id',
    fix: 'ask for claims of the token or the assertion, such as its subject',
  },
  {
    key: /^saml:|^[\w-]+\.[\w./-]+:(?:sub|aud|amr|azp)$/,
    kinds: ['service'],
    why: 'a service brings no token',
    fix: 'ask for aws:SourceAccount or aws:SourceArn',
  },
  {
    key: /^aws:username$/,
    kinds: ['role', 'session'],
    why: 'only users have a user name',
    fix: 'ask for aws:PrincipalArn, aws:userid or sts:RoleSessionName',
  },
];

/** Others of the statement may have the key: then it keeps some out, and may be meant to. */
const absentKeys = (policy: Policy): Violation[] =>
  allows(policy).flatMap((statement) =>
    statement.conditions.filter(isGuard).flatMap((condition): Violation[] => {
      const reasons = statement.principals.map(({ names }) =>
        ABSENT.find(({ key, kinds }) => key.test(condition.key.toLowerCase()) && kinds.includes(names.kind)),
      );
      const [reason] = reasons;
      if (reason === undefined || reasons.includes(undefined)) return [];
      return [
        {
          at: condition,
          ...(mayBeService(statement) && { severity: 'warning' }),
          observed: `no request of ${those(statement)} has ${condition.key}: ${reason.why}`,
          fix: { text: reason.fix },
        },
      ];
    }),
  );

/** In policies of other kinds a star stands for services too, and who means them may write it here. */
const mayBeService = ({ principals }: Statement): boolean =>
  principals.some(({ names }) => names.kind === 'everyone');

function those({ principals, index }: Statement): string {
  const [first] = principals;
  return principals.length === 1 && first
    ? first.text === '*'
      ? 'an AWS principal'
      : first.text
    : `those whom statement ${index} names`;
}

/** aws:SourceAccount and the account in aws:SourceArn are the same in every request. */
const otherAccounts = (policy: Policy): Violation[] =>
  allows(policy).flatMap((statement) => {
    const accounts = texts(conditionsOn(statement, (key) => key === 'aws:sourceaccount'));
    return conditionsOn(statement, (key) => key === 'aws:sourcearn')
      .filter(isGuard)
      .flatMap((condition): Violation[] => {
        const owners = texts([condition]).map((text) => parseArn(text)?.account ?? '');
        const isOpen = [...accounts, ...owners].some((text) => !/^\d{12}$/.test(text));
        if (accounts.length === 0 || isOpen || owners.some((owner) => accounts.includes(owner))) return [];
        return [
          {
            at: condition,
            observed: `aws:SourceArn is of account ${owners[0]}, and aws:SourceAccount must be ${accounts.join(' or ')}: no request has both`,
            fix: { text: 'name the same account in both' },
          },
        ];
      });
  });

const texts = (conditions: readonly Condition[]): string[] =>
  conditions.filter(isGuard).flatMap(({ values }) => values.map(({ text }) => text));

export const reachableRules: readonly Rule[] = [reachable];
