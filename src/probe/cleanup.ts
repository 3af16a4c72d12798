// Takes away what a run has made, by its label alone, and looks until nothing is left.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kube } from '../cluster/kube.ts';
import { Problem } from '../model/problem.ts';
import { RUN_LABEL } from './pod.ts';

const KINDS = ['Pod', 'ConfigMap'] as const;
const PATIENCE_MS = 20_000;

/**
 * Deletes a run's pods and ConfigMaps in these namespaces. Never throws, as it also runs when the
 * rest has failed: what it could not delete or look for comes back as `kind namespace/name`.
 */
export async function cleanUpRun(
  kube: Kube,
  runId: string,
  namespaces: readonly string[],
): Promise<string[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { left, isHopeless } = await sweep(kube, runId, namespaces);
    if (left.length === 0 || isHopeless || Date.now() > deadline) return left;
    await sleep(300);
  }
}

/** One round of deletions, with what was still there when it began. What is forbidden stays so. */
async function sweep(
  kube: Kube,
  runId: string,
  namespaces: readonly string[],
): Promise<{ left: string[]; isHopeless: boolean }> {
  const left: string[] = [];
  const refusals: string[] = [];
  for (const namespace of namespaces) {
    for (const kind of KINDS) {
      try {
        const objects = await kube.list('v1', kind, { namespace, labelSelector: `${RUN_LABEL}=${runId}` });
        for (const { metadata } of objects) {
          left.push(`${kind} ${namespace}/${metadata.name}`);
          await kube.remove(
            { apiVersion: 'v1', kind, namespace, name: metadata.name },
            { graceSeconds: 0, propagation: 'Background' },
          );
        }
      } catch (error) {
        const text = `${kind} ${namespace}/* (${error instanceof Error ? error.message : String(error)})`;
        left.push(text);
        if (error instanceof Problem && error.code === 'FORBIDDEN') refusals.push(text);
      }
    }
  }
  return { left, isHopeless: refusals.length > 0 && refusals.length === left.length };
}
