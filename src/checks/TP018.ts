// TP018: the role's trust policy must let in the identity that the daemons really have. Decided from
// the policy's text by the evaluator; where IAM may not be read, a diagnostic pod that became the role
// proves it as well.
import { EXTERNAL_ID_KEY, SESSION_NAME_KEY } from '../model/annotations.ts';
import { isSessionOf, parseRoleArn, parseSessionArn, type RoleArn } from '../model/arn.ts';
import { type Evaluation, evaluateTrust, type TrustRequest } from '../model/evaluate.ts';
import { type Finding, type Fix, fail, pass, type Subject, unknown } from '../model/finding.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { Problem } from '../model/problem.ts';
import { quote } from '../model/shell.ts';
import type { Fact, RoleFact, Snapshot, WorkloadFact } from '../model/snapshot.ts';
import { planTrustChange } from '../trust-policy/plan.ts';
import { assumedBy, roleFact } from './AN010.ts';
import { clusterSubject, unread, workloadSubject, workloadsWithRole } from './shared.ts';

const expected = 'the trust policy lets the node identity assume the role';
const why =
  'STS asks the trust policy whether the daemon may have the role; if not, the pod gets no credentials';

export function run(snapshot: Snapshot): Finding[] {
  if (snapshot.workloads.state === 'unknown')
    return [unread(snapshot.workloads, clusterSubject(snapshot), expected)];
  return workloadsWithRole(snapshot).map(({ workload, role }) => {
    const of = workloadSubject(workload, { role: role.arn });
    const fact = roleFact(role, snapshot);
    const { nodeIdentities } = snapshot;
    if (fact.state === 'unknown') return proven(of, role, snapshot) ?? unread(fact, of, expected, why);
    if (fact.value === null)
      return unknown(of, { expected, observed: `there is no role ${role.arn} to read it of`, why });
    if (nodeIdentities.state === 'unknown')
      return proven(of, role, snapshot) ?? unread(nodeIdentities, of, expected, why);
    return judge(of, workload, fact.value, nodeIdentities.value, snapshot);
  });
}

/** Without IAM, or without knowing who the daemons are, only a success proves anything. */
function proven(of: Subject, role: RoleArn, snapshot: Snapshot): Finding | null {
  const proof = assumedBy(role, snapshot);
  if (proof === null) return null;
  const observed = `not read, but the daemon assumed the role for a diagnostic pod: ${proof.arn}`;
  return pass(of, { expected, observed, why, control: proof.control });
}

function judge(
  of: Subject,
  workload: WorkloadFact,
  role: RoleFact,
  identities: readonly string[],
  snapshot: Snapshot,
): Finding {
  const { policy } = parsePolicy(role.trustPolicy);
  if (policy === null)
    return fail(of, {
      expected,
      observed: 'the trust policy is no policy document',
      why,
      fix: fix(role, identities, snapshot),
    });
  const verdicts = verdictsOf(policy, workload, role.arn, identities, snapshot);
  const evidence = verdicts.map(({ name, because }) => ({ what: name, value: because }));
  const refused = verdicts.filter(({ decision }) => decision === 'deny');
  if (refused[0]) {
    const names = [...new Set(refused.map(({ name }) => name))];
    return fail(of, {
      expected: `${expected}: ${names.join(', ')}`,
      observed: refused[0].because,
      why,
      evidence: [...evidence, ...principals(role.trustPolicy)],
      fix: fix(role, names, snapshot),
    });
  }
  const open = verdicts.find(({ decision }) => decision === 'unknown');
  if (open) return proven(of, parseRoleArn(role.arn)!, snapshot) ?? undecided(of, open, evidence);
  const first = verdicts[0];
  if (!first)
    return unknown(of, { expected, observed: 'no daemon has told its identity yet', why, fix: nameNodeRole });
  const tail =
    first.route === 'account'
      ? "; that delegates to the account, so the node's own policy must allow it too"
      : '';
  return pass(of, { expected, observed: `${first.because}${tail}`, why, evidence });
}

/** One verdict per role, and not per session of it, unless the policy tells its sessions apart. */
function verdictsOf(
  policy: Policy,
  workload: WorkloadFact,
  role: string,
  identities: readonly string[],
  snapshot: Snapshot,
): (Evaluation & { name: string })[] {
  const verdicts = identities.map((caller) => {
    const name = nodeRoleArn(caller, snapshot);
    const verdict = evaluated(policy, {
      caller,
      callerRole: name,
      action: 'sts:AssumeRole',
      role,
      context: requestContext(workload, snapshot),
      // Whether the node's own policies allow it too is another question (GR001, TP019).
      identityPolicies: 'any',
    });
    return { name, ...verdict };
  });
  return [...new Map(verdicts.map((verdict) => [`${verdict.name} ${verdict.because}`, verdict])).values()];
}

/** An identity that IAM does not know as a caller, as some stand-ins for STS report, decides nothing. */
function evaluated(policy: Policy, request: TrustRequest): Evaluation {
  try {
    return evaluateTrust(policy, request);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return {
      decision: 'unknown',
      because: `STS calls the daemon ${request.caller}, which is no role, user or session`,
      statements: [],
      needs: ["the nodes' role (--node-role ARN)"],
      route: null,
      isCrossAccount: false,
    };
  }
}

const nameNodeRole = { text: "name the nodes' role with --node-role ARN", command: null, patch: null };

function undecided(of: Subject, { because, needs }: Evaluation, evidence: Finding['evidence']): Finding {
  return unknown(of, {
    expected,
    observed: because,
    why: `it hangs on: ${needs.join(', ')}`,
    evidence,
    fix: { text: 'prove it with diagnostic pods', command: 'pod-iam doctor --active', patch: null },
  });
}

/** What the daemon sends along. Anything else about the request is not known here. */
function requestContext({ template }: WorkloadFact, { settings }: Snapshot): Record<string, string[]> {
  const externalId = template.annotations[settings.externalIdKey] ?? template.annotations[EXTERNAL_ID_KEY];
  const sessionName = template.annotations[SESSION_NAME_KEY];
  return {
    'sts:ExternalId': externalId === undefined ? [] : [externalId],
    ...(sessionName !== undefined && { 'sts:RoleSessionName': [sessionName] }),
  };
}

/** A node identity as a trust policy should name it: the role, with its path where IAM told it. */
export function nodeRoleArn(identity: string, { aws }: Snapshot): string {
  const session = parseSessionArn(identity);
  if (session === null) return identity;
  const roles = Object.values(aws.roles).filter(
    (fact): fact is Extract<Fact<RoleFact>, { state: 'known' }> =>
      fact.state === 'known' && fact.value !== null,
  );
  const known = roles.find(({ value }) => isSessionOf(identity, parseRoleArn(value.arn)!));
  return known?.value.arn ?? `arn:${session.partition}:iam::${session.account}:role/${session.roleName}`;
}

function fix(role: RoleFact, identities: readonly string[], snapshot: Snapshot): Fix {
  const arns = [...new Set(identities.map((identity) => nodeRoleArn(identity, snapshot)))].sort();
  const flags = arns.map((arn) => ` --node-role ${quote(arn)}`).join('');
  return {
    text: `let ${arns.join(' and ')} assume it`,
    command: `pod-iam trust-policy apply --role ${quote(role.name)}${flags}`,
    patch: corrected(role, arns),
  };
}

/** The whole document as it should be; null when a change that only adds cannot mend it. */
function corrected({ trustPolicy }: RoleFact, arns: readonly string[]): string | null {
  try {
    const change = planTrustChange(trustPolicy, arns);
    return change.changed ? change.document : null;
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Whom the policy names now, to see the wrong one at a glance. */
function principals(text: string): Finding['evidence'] {
  const { policy } = parsePolicy(text);
  const named = (policy?.statements ?? []).flatMap((statement) =>
    statement.principals.map((principal) => principal.text),
  );
  return named.length === 0 ? [] : [{ what: 'the trust policy names', value: named.join(', ') }];
}
