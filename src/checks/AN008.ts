// AN008: the pod's annotation and its service account's IRSA annotation name different roles.
import { IRSA_ROLE_KEY } from '../model/annotations.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { clusterSubject, unread, workloadSubject, workloadsWithRole } from './shared.ts';

const expected = "the pod's and its service account's annotations name the same role";
const why = 'SDKs take the web identity token (IRSA) before the metadata endpoint, so the IRSA role wins';

export function run(snapshot: Snapshot): Finding[] {
  const { workloads, serviceAccounts, settings } = snapshot;
  for (const fact of [workloads, serviceAccounts])
    if (fact.state === 'unknown') return [unread(fact, clusterSubject(snapshot), expected)];
  if (serviceAccounts.state === 'unknown') return [];
  const accounts = new Map(
    serviceAccounts.value.map((account) => [`${account.namespace}/${account.name}`, account]),
  );
  return workloadsWithRole(snapshot).flatMap(({ workload, role }): Finding[] => {
    const account = accounts.get(`${workload.namespace}/${workload.template.serviceAccount}`);
    const irsa = account?.annotations[IRSA_ROLE_KEY];
    if (irsa === undefined || irsa.trim() === '') return [];
    const of = workloadSubject(workload, { role: role.arn });
    if (irsa === role.arn) return [pass(of, { expected, observed: irsa, why })];
    return [
      fail(of, {
        expected,
        observed: `${settings.roleKey} says ${role.arn}, ${IRSA_ROLE_KEY} of the service account ${account!.name} says ${irsa}`,
        why,
        fix: { text: 'remove the one that is not meant', command: null, patch: null },
      }),
    ];
  });
}
