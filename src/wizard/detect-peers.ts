// Which ways to get a role the cluster has already, and what a kube2iam was told that pod-iam should be
// told too.
import { templateContainers } from '../cluster/facts/template-containers.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import { IRSA_ROLE_KEY } from '../model/annotations.ts';
import { isEksAgent, metadataProxyIn } from '../model/credential-proxies.ts';
import { DAEMON_FLAGS } from '../model/daemon-flags.ts';
import { Problem } from '../model/problem.ts';
import type { Fact, ProxyInstall, ServiceAccountFact } from '../model/snapshot.ts';
import type { Found } from './detected.ts';

export interface Peers {
  modes: string[];
  flags: Found<Record<string, string | boolean>> | null;
}

/** Flags that decide who gets which role; where the daemon listens is pod-iam's own affair. */
const CARRIED = [
  'base-role-arn',
  'auto-discover-base-arn',
  'default-role',
  'auto-discover-default-role',
  'iam-role-key',
  'iam-external-id',
  'namespace-key',
  'namespace-restrictions',
  'namespace-restriction-format',
];

export async function detectPeers(
  kube: Kube,
  serviceAccounts: readonly ServiceAccountFact[],
  proxy: Fact<ProxyInstall | null>,
  notes: string[],
): Promise<Peers> {
  const peers: Peers = { modes: [], flags: null };
  if (proxy.state === 'known' && proxy.value !== null)
    peers.modes.push(`pod-iam (${proxy.value.namespace}/${proxy.value.daemonSet})`);
  for (const object of await daemonSets(kube, notes)) {
    const names = [object.metadata.name, ...templateContainers(object).map(({ image }) => image)];
    const product = metadataProxyIn(names);
    const mode = product ?? (isEksAgent(names) ? 'Pod Identity' : null);
    if (mode === null) continue;
    const where = `${object.metadata.namespace}/${object.metadata.name}`;
    peers.modes.push(`${mode} (${where})`);
    if (product === 'kube2iam')
      peers.flags ??= { value: carriedFlags(object), from: `flags of kube2iam (${where})` };
  }
  const irsa = serviceAccounts.filter(({ annotations }) => annotations[IRSA_ROLE_KEY] !== undefined).length;
  if (irsa > 0) peers.modes.push(`IRSA (${irsa} service account${irsa === 1 ? '' : 's'})`);
  return peers;
}

async function daemonSets(kube: Kube, notes: string[]): Promise<KubeObject[]> {
  try {
    return await kube.list('apps/v1', 'DaemonSet');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notes.push(`whether another proxy is there: ${error.message}`);
    return [];
  }
}

/** Both `--flag=value` and `--flag value`; a boolean alone is true. */
function carriedFlags(object: KubeObject): Record<string, string | boolean> {
  const words = templateContainers(object).flatMap(({ command = [], args = [] }) => [...command, ...args]);
  const flags: Record<string, string | boolean> = {};
  for (const [index, word] of words.entries()) {
    const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const flag = DAEMON_FLAGS.find((known) => known.name === name);
    if (!flag || !CARRIED.includes(flag.name)) continue;
    if (flag.type === 'boolean') flags[flag.name] = value !== 'false';
    else {
      const text = value ?? words[index + 1];
      // What the kubelet fills in differs by node.
      if (text && !text.includes('$(')) flags[flag.name] = text;
    }
  }
  return flags;
}
