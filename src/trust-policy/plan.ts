// The least change that lets node identities assume a role: additive, and none at all when the document
// already says so. The doctor prints it as the fix, and `trust-policy apply` writes it.
import { type Evaluation, evaluateTrust, type TrustRequest } from '../model/evaluate.ts';
import { isUniqueId } from '../model/policy/principal.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { usageProblem } from '../model/problem.ts';
import { oneOrMany, renderDocument, type StatementDocument } from './document.ts';
import { adviceOf } from './fault-advice.ts';
import { checkExternalId } from './generate-checks.ts';
import { type NodeIdentity, readNodeIdentity } from './identity.ts';
import { isOwnSid, SIDS } from './sids.ts';

export interface TrustChange {
  changed: boolean;
  /** The whole document after the change; as given when there is none. */
  document: string;
  /** What the change lets in, one sentence per identity. */
  added: string[];
  /** What it takes out: principals that were deleted, which IAM would refuse to save again. */
  removed: string[];
  /** Why an identity needs no change, or why a change of this kind cannot help it. */
  notes: string[];
  /** Those whom a Deny keeps out, which no change of this kind can help. */
  denied: string[];
  /** That the identities must send along; null for none. */
  externalId: string | null;
}

/**
 * Plans the change. Throws a usage Problem (BAD_POLICY, BAD_NODE_ROLE) for what cannot be read.
 * @param text the trust policy as it is
 * @param identities ARNs of roles, users or sessions that must be let in
 * @param options.externalId default: the one that the document asks of all AWS principals, if it does
 */
export function planTrustChange(
  text: string,
  identities: readonly string[],
  options: { externalId?: string | null } = {},
): TrustChange {
  const parsed = parsePolicy(text);
  if (!parsed.ok) throw badPolicy(parsed.faults[0]!);
  const externalId = options.externalId
    ? checkExternalId(options.externalId)
    : commonExternalId(parsed.policy);
  const notes: string[] = [];
  const denied: string[] = [];
  const wanted = new Map<string, NodeIdentity>();
  for (const identity of identities.map(readNodeIdentity)) {
    const reason = reasonToLeave(identity, parsed.policy, externalId);
    if (reason === null) wanted.set(identity.principal, identity);
    else notes.push(reason.note);
    if (reason?.isDenied) denied.push(identity.principal);
  }
  if (wanted.size === 0)
    return { changed: false, document: text, added: [], removed: [], notes, denied, externalId };
  const document = JSON.parse(text) as { Statement: StatementDocument | StatementDocument[] };
  const statements = [document.Statement].flat();
  const removed = dropDeletedPrincipals(statements);
  addPrincipals(statements, [...wanted.keys()], externalId);
  const condition = externalId ? `, with the external id ${externalId}` : '';
  return {
    changed: true,
    document: renderDocument({ ...document, Statement: statements }),
    added: [...wanted.values()].map(
      (identity) => `${identity.principal} may assume the role${condition}${pathNote(identity)}`,
    ),
    removed,
    notes,
    denied,
    externalId,
  };
}

/** Why nothing is to be added for an identity; null when a statement is to be added. */
function reasonToLeave(
  { text, principal, isPathLost }: NodeIdentity,
  policy: Policy,
  externalId: string | null,
): { note: string; isDenied: boolean } | null {
  const sent: TrustRequest['context'] = externalId ? { 'sts:ExternalId': [externalId] } : {};
  const evaluate = (more: Partial<TrustRequest> = {}): Evaluation =>
    evaluateTrust(policy, {
      caller: text,
      action: 'sts:AssumeRole',
      context: sent,
      identityPolicies: 'any',
      ...more,
    });
  const now = evaluate();
  if (now.decision === 'allow') {
    const route =
      now.route === 'account'
        ? '; it trusts the whole account, so the caller also needs a policy of its own'
        : '';
    const condition =
      evaluate({ context: {} }).decision === 'allow'
        ? ''
        : `, as long as the pods carry the external id ${externalId}`;
    return leave(`${principal} may assume the role already${condition}: ${now.because}${route}`);
  }
  const denying = now.statements.find(({ effect, matched }) => effect === 'Deny' && matched === true);
  if (denying)
    return {
      note: `statement ${denying.index} denies it to ${principal}, and no further Allow helps against a Deny: ${denying.why}`,
      isDenied: true,
    };
  if (now.statements.some(({ effect, matched }) => effect === 'Allow' && matched === true))
    return leave(`${principal} may assume the role already, unless a Deny applies: ${now.because}`);
  const open = evaluate({ parametersAreUnknown: true }).statements.find(
    ({ effect, matched }) => effect === 'Allow' && matched === 'unknown',
  );
  if (!open) return null;
  return leave(
    isPathLost && now.decision === 'unknown' && now.needs.some((need) => need.includes('path'))
      ? `statement ${open.index} seems to mean ${text}: ${open.why}`
      : `statement ${open.index} lets ${principal} in on a condition, which an added statement would undo: ${open.why}`,
  );
}

const leave = (note: string): { note: string; isDenied: boolean } => ({ note, isDenied: false });

/** The external id that every statement asks of AWS principals: a new statement must not undo it. */
function commonExternalId(policy: Policy): string | null {
  const asked = policy.statements
    .filter(({ effect, principals }) => effect === 'Allow' && principals.some(({ type }) => type === 'AWS'))
    .map(
      ({ conditions }) =>
        conditions.find(
          ({ key, operatorText }) =>
            operatorText === 'StringEquals' && key.toLowerCase() === 'sts:externalid',
        )?.values ?? [],
    );
  const [first] = asked;
  const only = first?.length === 1 ? first[0]!.text : null;
  return asked.every((values) => values.length === 1 && values[0]!.text === only) ? only : null;
}

/** Into the statement that an earlier change added, when there is one with the same condition. */
function addPrincipals(
  statements: StatementDocument[],
  principals: string[],
  externalId: string | null,
): void {
  const condition = externalId ? { StringEquals: { 'sts:ExternalId': externalId } } : undefined;
  const own = statements.find(
    ({ Sid, Effect, Action, Condition, Principal }) =>
      isOwnSid(Sid ?? '', [SIDS.proxy]) &&
      Effect === 'Allow' &&
      [Action].flat().join() === 'sts:AssumeRole' &&
      JSON.stringify(Condition) === JSON.stringify(condition) &&
      Object.keys(Principal ?? {}).join() === 'AWS',
  );
  if (own) {
    own.Principal = { AWS: [...[own.Principal!.AWS!].flat(), ...principals] };
    return;
  }
  statements.push({
    Sid: freeSid(statements),
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(principals) },
    Action: 'sts:AssumeRole',
    ...(condition ? { Condition: condition } : {}),
  });
}

function freeSid(statements: readonly StatementDocument[]): string {
  const taken = new Set(statements.map(({ Sid }) => Sid));
  let sid: string = SIDS.proxy;
  for (let n = 2; taken.has(sid); n++) sid = `${SIDS.proxy}${n}`;
  return sid;
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
function dropDeletedPrincipals(statements: StatementDocument[]): string[] {
  const removed: string[] = [];
  for (const statement of [...statements]) {
    const aws = statement.Principal?.AWS;
    if (aws === undefined) continue;
    const [dead, alive] = split([aws].flat());
    if (dead.length === 0) continue;
    removed.push(
      ...dead.map((id) => `${id}, a principal that was deleted, and that IAM would refuse to save again`),
    );
    const { AWS: _, ...others } = statement.Principal!;
    statement.Principal = alive.length > 0 ? { ...others, AWS: oneOrMany(alive) } : others;
    if (Object.keys(statement.Principal).length === 0) statements.splice(statements.indexOf(statement), 1);
  }
  return removed;
}

function split(principals: string[]): [dead: string[], alive: string[]] {
  return [principals.filter(isUniqueId), principals.filter((text) => !isUniqueId(text))];
}

const pathNote = ({ isPathLost, text }: NodeIdentity): string =>
  isPathLost ? ` (taken from the session ${text}, which does not tell whether its role has a path)` : '';

const badPolicy = ({
  message,
  line,
  column,
  hint,
}: {
  message: string;
  line: number;
  column: number;
  hint: string | null;
}) =>
  usageProblem({
    code: 'BAD_POLICY',
    what: `the trust policy cannot be changed because IAM would refuse it as it is: ${message}`,
    why: `at line ${line}, column ${column}`,
    next: adviceOf({ hint }),
  });
