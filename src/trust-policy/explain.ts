// A trust policy in plain sentences: who may become the role, under which conditions, what each side
// still needs, and what a reader might wrongly believe.
import type { Result } from '../model/finding.ts';
import type { Policy, PrincipalKind, Statement } from '../model/policy.ts';
import { checkPolicy } from './check.ts';
import type { PolicyText } from './input.ts';
import type { CheckOptions } from './rule.ts';
import { joined } from './rules/shared.ts';
import { conditionWords, principalWords, statementName } from './words.ts';

export interface Explanation {
  /** One sentence per statement. */
  statements: string[];
  /** What must be true beside the document before anyone gets in. */
  needs: string[];
  /** Common misreadings that this document invites. */
  misreadings: string[];
  /** What `check` finds, one line each. */
  findings: string[];
}

export function explainTrust(document: PolicyText, policy: Policy, options: CheckOptions): Explanation {
  const allows = policy.statements.filter(({ effect }) => effect === 'Allow');
  const kinds = new Set(allows.flatMap(({ principals }) => principals.map(({ names }) => names.kind)));
  return {
    statements: policy.statements.map(statementSentence),
    needs: [...kinds].flatMap((kind) => NEEDS[kind] ?? []),
    misreadings: misreadings(policy, kinds),
    findings: checkPolicy(document, options)
      .filter(({ status }) => status !== 'pass')
      .map(findingLine),
  };
}

function statementSentence(statement: Statement): string {
  const who = joined(statement.principals.map(principalWords)) || 'nobody';
  const texts = statement.actions.map(({ text }) => text);
  const what = `${statement.exceptActions ? 'everything but ' : ''}${joined(texts)}`;
  const conditions = statement.conditions.map(conditionWords);
  const tail = conditions.length === 0 ? '' : `, if ${conditions.join('; and ')}`;
  const head = `${statementName(statement)[0]!.toUpperCase()}${statementName(statement).slice(1)}`;
  return `${head} ${statement.effect === 'Allow' ? 'lets' : 'forbids'} ${who} ${statement.effect === 'Allow' ? 'call' : 'to call'} ${what}${tail}.`;
}

const NEEDS: Partial<Record<PrincipalKind['kind'], string[]>> = {
  role: [
    'A role that is named here needs nothing more when it is in the same account; from another account its own policies must allow sts:AssumeRole on this role, too.',
  ],
  user: [
    'A user that is named here needs nothing more in the same account; from another account its own policies must allow sts:AssumeRole on this role, too.',
  ],
  account: [
    'An account is only delegated to: a role or user of it gets in when its own policies allow sts:AssumeRole on this role.',
  ],
  everyone: [
    'From other accounts a caller needs a policy of its own that allows sts:AssumeRole, which everybody can give themselves.',
  ],
  oidc: [
    "The role's account must have an OIDC provider for this issuer that lists the audience, and the pod a projected token (for EKS: the annotation eks.amazonaws.com/role-arn on its service account).",
  ],
  saml: ["The role's account must have the SAML provider, and the assertion must name the role."],
  service: [
    'A service gets the role only where somebody with iam:PassRole attaches it; EKS Pod Identity needs an association.',
  ],
};

function misreadings(policy: Policy, kinds: ReadonlySet<PrincipalKind['kind']>): string[] {
  const conditions = policy.statements.flatMap((statement) => statement.conditions);
  const hasKey = (pattern: RegExp): boolean => conditions.some(({ key }) => pattern.test(key));
  const all: [boolean, string][] = [
    [
      kinds.has('account'),
      '":root" does not mean the root user: it stands for the whole account. The root user itself may not assume roles.',
    ],
    [
      kinds.has('role'),
      "Naming a role trusts whoever can get its credentials: for a node's role that is every process on the node that reaches the instance metadata, such as pods with hostNetwork.",
    ],
    [
      kinds.has('role'),
      'The ARN of a role holds its path, the ARN of its sessions does not: role/team/node and role/node are two different principals here.',
    ],
    [
      kinds.has('session'),
      "A session's name is chosen by whoever starts it; for instances it is the instance's id, so that a new node has another.",
    ],
    [
      hasKey(/^sts:ExternalId$/i),
      'An external id is no password: it tells customers apart and shows up in logs.',
    ],
    [
      kinds.has('oidc'),
      'The subject names a service account, not a pod: every pod that may use the service account gets the role.',
    ],
    [
      conditions.some(({ operator }) => operator.set === 'ForAllValues'),
      'ForAllValues also holds when the key is missing.',
    ],
    [conditions.some(({ operator }) => operator.ifExists), 'IfExists also holds when the key is missing.'],
    [
      conditions.some(
        ({ operator, values }) =>
          /^StringEquals/.test(operator.name) && values.some(({ text }) => text.includes('*')),
      ),
      'A star under StringEquals is a plain character.',
    ],
    [
      policy.statements.some(({ effect }) => effect === 'Deny'),
      'A Deny wins over every Allow, wherever it stands.',
    ],
    [kinds.size > 0, 'A role does not trust itself unless its document says so.'],
  ];
  return all.filter(([applies]) => applies).map(([, text]) => text);
}

const findingLine = ({ code, status, severity, observed, subject }: Result): string =>
  `${code} (${status === 'warn' ? 'warning' : severity}, line ${subject.line}): ${observed}`;

export function renderExplanation({ statements, needs, misreadings, findings }: Explanation): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  - ${line}`)];
  return [
    ...statements,
    ...section('What must be true besides:', needs),
    ...section('What it does not mean:', misreadings),
    ...section('What check finds:', findings),
  ].join('\n');
}
