// The chain of one live role: its trust policy from IAM, the identities that the daemons tell, what
// those may do, and the workloads that are annotated with it.

import type { Aws } from '../aws/aws.ts';
import { gatherNodeRoles } from '../aws/gather-trust.ts';
import { workloadsWithRole } from '../checks/shared.ts';
import { nodeRoleArn } from '../checks/TP018.ts';
import type { Kube } from '../cluster/kube.ts';
import { parseRoleArn } from '../model/arn.ts';
import type { Progress } from '../model/progress.ts';
import type { RoleFact } from '../model/snapshot.ts';
import { gatherSnapshot } from './gather.ts';

export interface LiveChain {
  nodeIdentities: string[];
  /** Null: there was no cluster to look into. */
  workloads: string[] | null;
  /** By node identity: what IAM's simulator says; absent where it does not. */
  mayAssume: ReadonlyMap<string, boolean>;
}

/** @throws Problem when the cluster cannot be reached */
export async function readChain(
  role: RoleFact,
  sources: {
    kube: Kube | null;
    aws: Aws;
    nodeRoles: readonly string[];
    systemNamespace: string;
    progress: Progress;
  },
): Promise<LiveChain> {
  const { kube, aws, nodeRoles } = sources;
  let identities = [...nodeRoles];
  let workloads: string[] | null = null;
  if (kube !== null) {
    const snapshot = await gatherSnapshot({
      ...{
        ...sources,
        aws,
        audits: false,
        files: [],
        selection: { namespace: null },
        probe: { region: null },
      },
    });
    workloads = workloadsWithRole(snapshot)
      .filter((annotated) => annotated.role.arn === role.arn)
      .map(({ workload }) => workload.id);
    if (snapshot.nodeIdentities.state === 'known')
      identities = [
        ...new Set(snapshot.nodeIdentities.value.map((identity) => nodeRoleArn(identity, snapshot))),
      ];
  }
  const mayAssume = new Map<string, boolean>();
  const roles = identities.filter((identity) => parseRoleArn(identity) !== null);
  for (const [arn, { assume }] of Object.entries(await gatherNodeRoles(aws, roles, [role.arn]))) {
    const call =
      assume.state === 'known' ? assume.value.find(({ resource }) => resource === role.arn) : undefined;
    if (call) mayAssume.set(arn, call.decision === 'allowed');
  }
  return { nodeIdentities: identities, workloads, mayAssume };
}
