// AN004: a pod on its node's network has its node's address, so the proxy cannot tell it apart.
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { annotatedWorkloads, clusterSubject, unread, workloadSubject } from './shared.ts';

const expected = 'annotated pods have an address of their own';
const why =
  "the redirect does not see a hostNetwork pod: it reaches the real endpoint and gets the node's role";

export function run(snapshot: Snapshot): Finding[] {
  if (snapshot.workloads.state === 'unknown')
    return [unread(snapshot.workloads, clusterSubject(snapshot), expected)];
  return annotatedWorkloads(snapshot).map(({ workload, key, value }) => {
    const of = workloadSubject(workload);
    if (!workload.template.hostNetwork) return pass(of, { expected, observed: 'hostNetwork is off', why });
    return fail(of, {
      expected,
      observed: `hostNetwork is on, and ${key} is ${JSON.stringify(value ?? '')}`,
      why,
      fix: {
        text: 'take hostNetwork away, or give its service account a role by IRSA',
        command: null,
        patch: null,
      },
    });
  });
}
