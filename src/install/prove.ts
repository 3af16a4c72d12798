// Proves an installation: on each node a small pod must be answered by that node's daemon.
import type { Kube } from '../cluster/kube.ts';
import type { InstallValues } from '../manifests/values.ts';
import { stsEndpoint } from '../model/endpoint.ts';
import type { Progress } from '../model/progress.ts';
import { smokeProbes } from '../probe/smoke.ts';

export interface NodeProof {
  node: string;
  /** False as well for a node that could not be asked. */
  proven: boolean;
  what: string;
  next: string | null;
}

export interface ProveOptions {
  image: string;
  signal: AbortSignal;
  progress: Progress;
}

/** Asks the daemon of each node from a pod there; the pods are taken away again. One proof per node. */
export async function proveNodes(
  kube: Kube,
  values: InstallValues,
  nodes: readonly string[],
  { image, signal, progress }: ProveOptions,
): Promise<NodeProof[]> {
  progress.step(`asking the daemon from a pod on each of ${nodes.length} nodes`);
  const region = (values.daemon.region as string | null) ?? 'us-east-1';
  const { results, left } = await smokeProbes(kube, {
    namespace: values.systemNamespace,
    nodes,
    version: values.version,
    image,
    region,
    stsEndpoint: (values.daemon['sts-endpoint'] as string | null) ?? stsEndpoint(region),
    timeoutMs: 60_000,
    concurrency: 8,
    keep: false,
    signal,
    progress,
  });
  signal.throwIfAborted();
  const proofs = results.map(({ node, ok, what, next }) => ({ node, proven: ok, what, next }));
  if (left.length > 0)
    proofs.push({
      node: '',
      proven: false,
      what: `left behind: ${left.join(', ')}`,
      next: `delete them with ${kube.context.kubectl} delete`,
    });
  return proofs;
}
