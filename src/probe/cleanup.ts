// Takes away what a run has made, by its label alone, and looks until nothing is left.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kube } from '../cluster/kube.ts';
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
  let left = await sweep(kube, runId, namespaces);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(300);
    left = await sweep(kube, runId, namespaces);
  }
  return left;
}

/** One round of deletions; returns what was still there when it began. */
async function sweep(kube: Kube, runId: string, namespaces: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const namespace of namespaces) {
    for (const kind of KINDS) {
      try {
        const objects = await kube.list('v1', kind, { namespace, labelSelector: `${RUN_LABEL}=${runId}` });
        for (const { metadata } of objects) {
          found.push(`${kind} ${namespace}/${metadata.name}`);
          await kube.remove(
            { apiVersion: 'v1', kind, namespace, name: metadata.name },
            { graceSeconds: 0, propagation: 'Background' },
          );
        }
      } catch (error) {
        found.push(`${kind} ${namespace}/* (${error instanceof Error ? error.message : String(error)})`);
      }
    }
  }
  return found;
}
