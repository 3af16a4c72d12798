// The rule on conditions that a document cannot show to hold where the proxy runs.
import type { Condition } from '../../model/policy.ts';
import type { Rule } from '../rule.ts';
import { hasKind, isGuard } from './shared.ts';

const OUT_OF_REACH: readonly { key: RegExp; reason: string }[] = [
  { key: /^aws:multifactorauth(?:present|age)$/, reason: 'a node never signs in with MFA' },
  {
    key: /^aws:(?:sourceip|vpcsourceip)$/,
    reason: 'it holds only from these addresses: of the node, or of its NAT gateway',
  },
  {
    key: /^aws:(?:sourcevpce?|sourcevpcarn|vpce(?:account|orgid|orgpaths))$/,
    reason: 'it holds only when STS is reached through a VPC endpoint',
  },
  { key: /^aws:principaltag\//, reason: "it holds only while the node's role carries this tag" },
  { key: /^aws:(?:useragent|referer)$/, reason: 'it depends on what a client writes into its headers' },
  { key: /^aws:(?:currenttime|epochtime|tokenissuetime)$/, reason: 'it holds at certain times only' },
  {
    key: /^aws:(?:ec2instancesourcevpc|ec2instancesourceprivateipv4)$|^ec2:/,
    reason: "it holds only for the instance's own credentials",
  },
];

const PRIVATE =
  'STS sees public addresses alone, and through a VPC endpoint none (there aws:VpcSourceIp tells it), so that it never holds';

/** Whether all addresses of a line are of private networks. */
const isPrivate = ({ key, operator, values }: Condition): boolean =>
  /^aws:sourceip$/i.test(key) &&
  operator.name === 'IpAddress' &&
  values.length > 0 &&
  values.every(({ text }) =>
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/i.test(text),
  );

const reach: Rule = {
  code: 'TP042',
  title: 'a node can meet all conditions',
  severity: 'warning',
  why: 'what a document says cannot show whether the condition holds where the proxy runs',
  fix: 'make sure that it holds for every node, or remove it',
  find: ({ policy, options }) =>
    policy.statements
      .filter(({ effect, principals }) => effect === 'Allow' && principals.some(({ type }) => type === 'AWS'))
      .flatMap((statement) =>
        // Users can sign in with MFA; only where they are the nodes' own identity they do not.
        hasKind(statement, 'role', 'session', 'account', 'everyone') || options.nodeIdentities.length > 0
          ? statement.conditions
          : statement.conditions.filter(({ key }) => !/^aws:multifactorauth/i.test(key)),
      )
      .filter(
        (condition) =>
          isGuard(condition) &&
          !(condition.operator.name === 'Bool' && condition.values.some(({ text }) => /^false$/i.test(text))),
      )
      .flatMap((condition) => {
        const match = OUT_OF_REACH.find(({ key }) => key.test(condition.key.toLowerCase()));
        if (match === undefined) return [];
        const reason = isPrivate(condition) ? PRIVATE : match.reason;
        return [{ at: condition, observed: `${condition.operatorText} on ${condition.key}: ${reason}` }];
      }),
};

export const reachRules: readonly Rule[] = [reach];
