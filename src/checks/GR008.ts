// GR008: node groups may carry different roles, and a trust policy that names one of them works on some
// nodes and not on others.
import { evaluateTrust } from '../model/evaluate.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import { parsePolicy } from '../model/policy.ts';
import { Problem } from '../model/problem.ts';
import { quote } from '../model/shell.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { roleFact } from './AN010.ts';
import { clusterSubject, unread, workloadSubject, workloadsWithRole } from './shared.ts';
import { nodeRoleArn } from './TP018.ts';

const expected = 'the role trusts the nodes of all groups';
const why = 'a pod gets its role on some nodes only, and which it runs on is up to the scheduler';

export function run(snapshot: Snapshot): Finding[] {
  const { proxy, workloads } = snapshot;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected, why)];
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject(snapshot), expected, why)];
  const groups = groupsOf(snapshot);
  if (groups.size < 2) return [];
  return workloadsWithRole(snapshot).flatMap(({ workload, role }): Finding[] => {
    const fact = roleFact(role, snapshot);
    if (fact.state === 'unknown' || fact.value === null) return [];
    const { trustPolicy, arn, name } = fact.value;
    const verdicts = [...groups.keys()].map((node) => ({ node, isIn: lets(trustPolicy, node, arn) }));
    const out = verdicts.filter(({ isIn }) => !isIn).map(({ node }) => node);
    const of = workloadSubject(workload, { role: role.arn });
    const evidence = [...groups].map(([node, names]) => ({ what: node, value: names.join(', ') }));
    // A role that trusts none of them is TP018's to tell.
    if (out.length === verdicts.length) return [];
    if (out.length === 0)
      return [pass(of, { expected, observed: `it trusts all ${groups.size} node roles`, why, evidence })];
    return [
      fail(of, {
        expected,
        observed: `it does not trust ${out.join(', ')}: nodes ${out.flatMap((node) => groups.get(node)!).join(', ')}`,
        why,
        evidence,
        fix: {
          text: `let ${out.join(' and ')} in, too`,
          command: `pod-iam trust-policy apply --role ${quote(name)}${out.map((node) => ` --node-role ${quote(node)}`).join('')}`,
          patch: null,
        },
      }),
    ];
  });
}

/** Names of nodes by the role that their daemon runs as. */
function groupsOf(snapshot: Snapshot): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  const { proxy } = snapshot;
  if (proxy.state === 'unknown' || proxy.value === null) return groups;
  for (const { node, identityArn } of proxy.value.daemons) {
    if (identityArn === null) continue;
    const role = nodeRoleArn(identityArn, snapshot);
    groups.set(role, [...(groups.get(role) ?? []), node]);
  }
  return groups;
}

function lets(trustPolicy: string, caller: string, role: string): boolean {
  const { policy } = parsePolicy(trustPolicy);
  if (policy === null) return false;
  try {
    const { decision } = evaluateTrust(policy, {
      caller,
      action: 'sts:AssumeRole',
      role,
      context: {},
      parametersAreUnknown: true,
      identityPolicies: 'any',
    });
    return decision !== 'deny';
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
