// GR007: the proxy itself sends neither session tags nor a source identity, but its own session may hold
// some, and STS carries those over into every role: each then needs leave for that, too.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
import { parseRoleArn, parseSessionArn } from '../model/arn.ts';
import { evaluateTrust } from '../model/evaluate.ts';
import { type Finding, fail, pass, type Subject, subject, unknown } from '../model/finding.ts';
import { coversAction } from '../model/policy/actions.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { knownOr, type RoleFact, type Snapshot } from '../model/snapshot.ts';
import { assumedBy } from './AN010.ts';
import { type NodeRole, nodeRoles } from './node-role.ts';
import { clusterSubject, unread, workloadsWithRole } from './shared.ts';

const expected = "roles take on what the nodes' sessions carry: tags and source identity";
const why =
  'STS answers AccessDenied for sts:TagSession or sts:SetSourceIdentity when a session that carries tags or a source identity asks for a role that does not allow it';

/** What is carried over, by the action that the role's trust policy must allow. */
const CARRIED = { 'sts:TagSession': 'tags', 'sts:SetSourceIdentity': 'a source identity' } as const;
type Carry = keyof typeof CARRIED;

export function run(snapshot: Snapshot): Finding[] {
  const { workloads } = snapshot;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected, why)];
  const { roles, findings } = nodeRoles(snapshot, { expected, why });
  return [...findings, ...roles.flatMap((node) => judgeNode(node, snapshot))];
}

/** A role's sessions carry only what its own trust policy lets somebody set. */
function judgeNode(node: NodeRole, snapshot: Snapshot): Finding[] {
  const own = snapshot.aws.roles[node.arn];
  if (own?.state !== 'known' || own.value === null) return [];
  const { policy } = parsePolicy(own.value.trustPolicy);
  const carries = (Object.keys(CARRIED) as Carry[]).filter((action) => allows(policy, action));
  if (carries.length === 0)
    return [
      pass(node.subject, {
        ...{ expected, why },
        observed: 'its sessions carry none: its own trust policy lets nobody set them',
      }),
    ];
  const targets = new Map(workloadsWithRole(snapshot).map(({ role }) => [role.arn, role]));
  return [...targets.values()].flatMap((role): Finding[] => {
    const fact = snapshot.aws.roles[role.arn];
    // AN010 and TP018 tell of roles that cannot be read or are not there.
    if (fact?.state !== 'known' || fact.value === null) return [];
    const of = subject('Role', role.name, { role: role.arn });
    const refused = carries.filter((action) => !takesOn(fact.value!, node, action));
    if (refused.length === 0)
      return [pass(of, { expected, observed: `it allows ${carries.join(' and ')} to ${node.arn}`, why })];
    const proof = assumedBy(role, snapshot);
    if (proof !== null)
      return [
        pass(of, {
          expected,
          observed: `a diagnostic pod became it: ${proof.arn}`,
          why,
          control: proof.control,
        }),
      ];
    return [judgeRefused(of, refused, node, snapshot)];
  });
}

function judgeRefused(of: Subject, refused: readonly Carry[], node: NodeRole, snapshot: Snapshot): Finding {
  const words = {
    expected,
    why,
    fix: {
      text: `allow ${refused.join(' and ')} to ${node.arn} beside sts:AssumeRole: in its trust policy and, where that trusts the account only, in the node role's own policy`,
      command: null,
      patch: null,
    },
  };
  const missing = `it does not allow ${refused.join(' and ')} to ${node.arn}`;
  const isSure = node.fact.policies.state === 'known' && isPodIdentity(node.arn, snapshot);
  if (refused.includes('sts:TagSession') && isSure)
    return fail(of, {
      ...words,
      observed: `${missing}, whose session is of EKS Pod Identity and carries tags, unless its association turns them off`,
    });
  const carried = refused.map((action) => CARRIED[action]).join(' and ');
  return unknown(of, { ...words, observed: `${missing}, whose sessions may carry ${carried}` });
}

function allows(policy: Policy | null, action: Carry): boolean {
  return (policy?.statements ?? []).some(
    (statement) => statement.effect === 'Allow' && coversAction(statement, action),
  );
}

function takesOn({ trustPolicy, arn }: RoleFact, node: NodeRole, action: Carry): boolean {
  const { policy } = parsePolicy(trustPolicy);
  if (policy === null) return false;
  const { policies } = node.fact;
  const own = knownOr(policies, []);
  const { decision } = evaluateTrust(policy, {
    ...{ caller: node.arn, action, role: arn, context: {}, parametersAreUnknown: true },
    identityPolicies: own.flatMap(({ document }) => parsePolicy(document, 'identity').policy ?? []),
  });
  return decision === 'allow';
}

/** EKS names the sessions that it hands out `eks-CLUSTER-POD-UUID`. */
function isPodIdentity(role: string, { nodeIdentities }: Snapshot): boolean {
  const name = parseRoleArn(role)?.name;
  return (
    nodeIdentities.state === 'known' &&
    nodeIdentities.value
      .map(parseSessionArn)
      .some(
        (session) => session?.roleName === name && /^eks-.+-[0-9a-f-]{36}$/.test(session?.sessionName ?? ''),
      )
  );
}
