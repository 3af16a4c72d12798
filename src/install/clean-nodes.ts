// Takes the redirect rule away on every node, with a DaemonSet of its own, and reads from each node's
// pod the line that proves that it is gone.
import { nameOf } from '../cluster/change.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import type { Bundle } from '../manifests/bundle.ts';
import { cleanupDaemonSet } from '../manifests/daemonset.ts';
import { bundleObjects } from '../manifests/objects.ts';
import type { InstallValues } from '../manifests/values.ts';
import { CLEANUP_NAME, NAME_LABEL } from '../model/labels.ts';
import { BRIDGE_TABLE, REDIRECT_TABLE, STATE_DIR } from '../model/on-node.ts';
import { splitNodes } from './nodes.ts';
import { awaitRollout, type NodeState, type RolloutOptions, RolloutProblem } from './rollout.ts';

export interface NodeCleaning {
  node: string;
  clean: boolean;
  /** What proves it, or why it is not known. */
  what: string;
  /** The command to run on the node; null when it is clean. */
  byHand: string | null;
  /** False for a node that did not answer: waiting longer is no use. */
  isReachable: boolean;
}

/** What an administrator types on a node that could not be reached. */
const BY_HAND = `nft delete table ${REDIRECT_TABLE}; nft delete table ${BRIDGE_TABLE}; rm -rf ${STATE_DIR}`;

/**
 * Removes the rules by a DaemonSet of its own, and reads from its logs what is left on each node.
 * @throws Problem when that cannot be run; a node that was not cleaned is told in its entry
 */
export async function cleanNodes(
  kube: Kube,
  values: InstallValues,
  bundle: Bundle,
  options: Pick<RolloutOptions, 'timeoutMs' | 'signal' | 'progress'>,
): Promise<NodeCleaning[]> {
  const { signal, progress } = options;
  const nodes = await splitNodes(kube);
  const daemonSet = { name: CLEANUP_NAME, namespace: values.systemNamespace };
  for (const object of [...bundleObjects(values, bundle), cleanupDaemonSet(values, bundle)]) {
    signal.throwIfAborted();
    progress.step(`applying ${nameOf(object)}`);
    await kube.apply(object);
  }
  const applied = await kube.read({ apiVersion: 'apps/v1', kind: 'DaemonSet', ...daemonSet });
  progress.step(`removing the redirect rule on ${nodes.reachable.length} nodes`);
  let states: readonly NodeState[] = [];
  try {
    const generation = Number(applied?.metadata.generation ?? 0);
    await awaitRollout(kube, { ...options, daemonSet, generation, nodes: nodes.reachable });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RolloutProblem)) throw error;
    states = error.states;
  }
  const pods = await kube.list('v1', 'Pod', {
    namespace: daemonSet.namespace,
    labelSelector: `${NAME_LABEL}=${CLEANUP_NAME}`,
  });
  const reached = await Promise.all(nodes.reachable.map((node) => proofOf(kube, node, pods, states)));
  const lost = nodes.notReady.map((node) => ({
    node,
    clean: false,
    what: 'the node is not ready, so nothing could be done there',
    byHand: BY_HAND,
    isReachable: false,
  }));
  return [...reached, ...lost];
}

async function proofOf(
  kube: Kube,
  node: string,
  pods: readonly KubeObject[],
  states: readonly NodeState[],
): Promise<NodeCleaning> {
  const open = (what: string): NodeCleaning => ({
    node,
    clean: false,
    what,
    byHand: BY_HAND,
    isReachable: true,
  });
  const trouble = states.find((state) => state.node === node)?.trouble?.message;
  const pod = pods.find(({ spec }) => (spec as { nodeName?: string } | undefined)?.nodeName === node);
  if (!pod) return open(trouble ?? 'no pod was started there');
  try {
    const log = await kube.log(pod.metadata.namespace!, pod.metadata.name, { container: 'redirect' });
    const line = log.split('\n').findLast((text) => text.includes('"msg":"redirect removed"'));
    if (line) return { node, clean: true, what: wordsOf(line), byHand: null, isReachable: true };
    return open(trouble ?? 'its pod did not report that the rule is gone');
  } catch (error) {
    return open(trouble ?? (error as Error).message);
  }
}

function wordsOf(line: string): string {
  try {
    const { backends } = JSON.parse(line) as { backends: string[] };
    return `no rule is left in ${backends.join(' and ')}`;
  } catch {
    return 'no rule is left';
  }
}
