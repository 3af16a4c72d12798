// What was proven of each annotated workload: one line of the report's table per workload.
import { gotCredentials, inventedKeyControl, isOfRole } from '../checks/observed.ts';
import { type Seen, seenBySource } from '../checks/sources.ts';
import type { Result, WorkloadProof } from '../model/finding.ts';
import { knownOr, type Snapshot, type WorkloadFact } from '../model/snapshot.ts';
import { expectedRole } from '../probe/plan.ts';

/** One proof per workload, in the order of their names; `ok` needs the role proven and nothing failed. */
export function proofsOf(
  workloads: readonly WorkloadFact[],
  snapshot: Snapshot,
  results: readonly Result[],
): WorkloadProof[] {
  const probes = knownOr(snapshot.probes, []);
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
      const seen = probe ? seenBySource(probe) : [];
      // Where some containers ask elsewhere, each way has to lead to the role.
      const isProven = seen.length > 0 && seen.every((one) => isProof(one, expected));
      const first = seen.find(gotCredentials) ?? null;
      return {
        workload: workload.id,
        node: probe?.node ?? null,
        expectedRole: expected,
        provenArn: first?.caller?.arn ?? null,
        via: first?.source ?? 'none',
        ok: isProven && !hasFailure,
        firstCredentialMs: first?.firstCredentialMs ?? null,
        remainingSeconds: first?.remainingSeconds ?? null,
      };
    });
}

const isProof = (seen: Seen, role: string | null): boolean =>
  seen.caller?.arn != null && isOfRole(seen.caller.arn, role) && inventedKeyControl(seen).held;
