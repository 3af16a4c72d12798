// The rules of `trust-policy check`, applied to the trust policies that the annotated roles have in IAM
// now, with what the pods send and whom the daemons run as.
import { EXTERNAL_ID_KEY } from '../model/annotations.ts';
import { parseRoleArn, type RoleArn } from '../model/arn.ts';
import type { Check } from '../model/check.ts';
import { daemonDefaults, parseDaemonFlags } from '../model/daemon-flags.ts';
import { type Finding, type Result, type Subject, subject } from '../model/finding.ts';
import { ownSideOf } from '../model/own-side.ts';
import { Problem } from '../model/problem.ts';
import { sessionName } from '../model/session-name.ts';
import { knownOr, type RoleFact, type Snapshot, type WorkloadFact } from '../model/snapshot.ts';
import { checkPolicy } from '../trust-policy/check.ts';
import { RULES } from '../trust-policy/codes.ts';
import { readNodeIdentity } from '../trust-policy/identity.ts';
import type { CheckOptions, LiveFacts } from '../trust-policy/rule.ts';
import { DEFAULT_QUOTA } from '../trust-policy/size.ts';
import { roleFact } from './AN010.ts';
import { workloadSubject, workloadsWithRole } from './shared.ts';
import { nodeRoleArn } from './TP018.ts';

/** Those that bear on what pods get, or on who else gets it. */
const OF_ROLES = [
  'TP007',
  'TP008',
  'TP010',
  'TP016',
  'TP019',
  'TP020',
  'TP031',
  'TP036',
  'TP038',
  'TP042',
  'TP044',
];
const OF_PODS = ['TP039', 'TP040', 'TP043'];

/** In the catalogue's form. A role that could not be read is TP018's and AN010's to tell. */
export const TRUST_CHECKS: readonly Check[] = RULES.filter(({ code }) =>
  [...OF_ROLES, ...OF_PODS].includes(code),
).map(({ code, title, severity }) => ({
  code,
  title,
  severity,
  decidedBy: ['I'],
  after: ['AN002', 'AN010'],
  isAudit: true,
  run: (snapshot) => judgements(snapshot).flatMap((judgement) => findingsOf(judgement, code)),
}));

interface Judgement {
  subject: Subject;
  codes: readonly string[];
  results: readonly Result[];
}

const judged = new WeakMap<Snapshot, Judgement[]>();

function judgements(snapshot: Snapshot): Judgement[] {
  const known = judged.get(snapshot);
  if (known) return known;
  const roles = new Map<string, RoleFact>();
  const ofPods: Judgement[] = [];
  for (const { workload, role } of workloadsWithRole(snapshot)) {
    const fact = roleFact(role, snapshot);
    if (fact.state === 'unknown' || fact.value === null) continue;
    roles.set(role.arn, fact.value);
    const of = workloadSubject(workload, { role: role.arn });
    const results = judge(fact.value, {
      ...options(fact.value, snapshot),
      ...sentBy(workload, role, snapshot),
    });
    ofPods.push({ subject: of, codes: OF_PODS, results });
  }
  const ofRoles = [...roles.values()].map((role) => ({
    subject: subject('Role', role.name, { role: role.arn }),
    codes: OF_ROLES,
    results: judge(role, options(role, snapshot)),
  }));
  const all = [...ofRoles, ...ofPods];
  judged.set(snapshot, all);
  return all;
}

const judge = ({ arn, trustPolicy }: RoleFact, asked: CheckOptions): Result[] =>
  checkPolicy({ name: arn, text: trustPolicy, fault: null }, asked);

function options({ arn }: RoleFact, snapshot: Snapshot): CheckOptions {
  const { aws, nodeIdentities } = snapshot;
  const identities = knownOr(nodeIdentities, []);
  const role = parseRoleArn(arn);
  return {
    nodeIdentities: [...new Set(identities.map((identity) => nodeRoleArn(identity, snapshot)))].filter(
      isReadable,
    ),
    account: role?.account ?? null,
    role,
    sizeQuota: DEFAULT_QUOTA,
    live: { ...aws, ownSides: ownSidesOf(arn, aws) },
  };
}

const ownSidesOf = (role: string, { nodeRoles }: Snapshot['aws']): LiveFacts['ownSides'] =>
  new Map(Object.entries(nodeRoles).map(([node, { assume }]) => [node, ownSideOf(node, assume, role)]));

/** Some stand-ins for STS call themselves what IAM knows no caller of. */
function isReadable(identity: string): boolean {
  try {
    readNodeIdentity(identity);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** As the daemon makes them from the workload's pods. */
function sentBy(
  { id, name, namespace, template: { annotations } }: WorkloadFact,
  role: RoleArn,
  { pods, proxy, settings }: Snapshot,
): Pick<CheckOptions, 'externalId' | 'sessionName'> {
  const running = pods.state === 'known' ? pods.value.find((pod) => pod.workload === id) : undefined;
  const args = proxy.state === 'known' && proxy.value !== null ? proxy.value.args : [];
  const pod = {
    namespace,
    name: running?.name ?? `${name}-0`,
    uid: running?.uid ?? '',
    node: running?.node ?? null,
    annotations,
  };
  return {
    externalId: annotations[settings.externalIdKey] ?? annotations[EXTERNAL_ID_KEY] ?? null,
    sessionName: sessionName(templateIn(args), pod, role.name),
  };
}

function templateIn(args: readonly string[]): string {
  const given = args.filter((argument) => argument.startsWith('--session-name='));
  return String((given.length > 0 ? parseDaemonFlags(given) : daemonDefaults())['session-name']);
}

function findingsOf({ subject: of, codes, results }: Judgement, code: string): Finding[] {
  if (!codes.includes(code)) return [];
  return results
    .filter((result) => result.code === code)
    .map((result) => ({ ...result, subject: of, evidence: [...result.evidence, ...placeOf(result)] }));
}

const placeOf = ({ status, subject: { pointer } }: Result): Finding['evidence'] =>
  status === 'pass' || pointer === null
    ? []
    : [{ what: 'in the trust policy', value: pointer || 'the whole document' }];
