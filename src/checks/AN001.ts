// AN001: the role annotation counts on pods; on a Deployment or CronJob itself it does nothing.
import { readRoleAnnotation } from '../model/annotations.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot, WorkloadFact } from '../model/snapshot.ts';
import {
  annotationsPointer,
  clusterSubject,
  isImmutable,
  patchCommand,
  podAnnotationPatch,
  unread,
  workloadSubject,
} from './shared.ts';

const why = 'the proxy reads the annotations of pods, and a controller copies only those of its pod template';

export function run(snapshot: Snapshot): Finding[] {
  const { workloads, settings } = snapshot;
  const key = settings.roleKey;
  const expected = `${key} is on the pod template`;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected)];
  return workloads.value.flatMap((workload): Finding[] => {
    const onPods = readRoleAnnotation(workload.template.annotations, key).state !== 'absent';
    if (onPods)
      return [
        pass(workloadSubject(workload), {
          expected,
          observed: `it is at ${annotationsPointer(workload)}`,
          why,
        }),
      ];
    const own = readRoleAnnotation(workload.annotations, key);
    if (workload.kind === 'Pod' || own.state === 'absent') return [];
    return [misplaced(workload, key, own.state === 'set' ? own.value : '', expected)];
  });
}

function misplaced(workload: WorkloadFact, key: string, value: string, expected: string): Finding {
  const to = annotationsPointer(workload);
  const patch = podAnnotationPatch(workload, { [key]: value });
  return fail(workloadSubject(workload, { pointer: '/metadata/annotations' }), {
    expected,
    observed: `${key}: ${value} is at /metadata/annotations of the ${workload.kind}, and its pods carry none`,
    why,
    fix: {
      text: `move it to ${to}${isImmutable(workload) ? '; a Job has to be made anew for it' : ''}`,
      command:
        workload.source === null && !isImmutable(workload)
          ? patchCommand(workload.kind, workload.namespace, workload.name, patch)
          : null,
      patch: JSON.stringify(patch, null, 2),
    },
  });
}
