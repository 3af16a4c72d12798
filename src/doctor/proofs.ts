// What was proven of each annotated workload: one line of the report's table per workload.
import { gotCredentials, inventedKeyControl, isOfRole } from '../checks/observed.ts';
import type { Result, WorkloadProof } from '../model/finding.ts';
import type { Snapshot, WorkloadFact } from '../model/snapshot.ts';
import { expectedRole } from '../probe/plan.ts';

/** One proof per workload, in the order of their names; `ok` needs the role proven and nothing failed. */
export function proofsOf(
  workloads: readonly WorkloadFact[],
  snapshot: Snapshot,
  results: readonly Result[],
): WorkloadProof[] {
  const probes = snapshot.probes.state === 'known' ? snapshot.probes.value : [];
  return [...workloads]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((workload) => {
      const probe = probes.find((candidate) => candidate.workload === workload.id);
      const expected = expectedRole(workload, snapshot);
      const hasFailure = results.some(
        ({ status, subject }) =>
          status === 'fail' &&
          subject.kind === workload.kind &&
          subject.namespace === workload.namespace &&
          subject.name === workload.name,
      );
      const isProven =
        probe?.caller?.arn != null && isOfRole(probe.caller.arn, expected) && inventedKeyControl(probe).held;
      return {
        workload: workload.id,
        node: probe?.node ?? null,
        expectedRole: expected,
        provenArn: probe?.caller?.arn ?? null,
        via: probe && gotCredentials(probe) ? 'imds' : 'none',
        ok: isProven && !hasFailure,
        firstCredentialMs: probe?.firstCredentialMs ?? null,
        remainingSeconds: probe?.remainingSeconds ?? null,
      };
    });
}
