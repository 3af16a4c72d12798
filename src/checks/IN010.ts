// IN010: two credential proxies on one cluster: the first redirect rule on a node wins, by chance.
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { clusterSubject, isClusterWide, unread } from './shared.ts';

const expected = 'at most one credential proxy is installed';

export interface ForeignProxy {
  product: string;
  /** `namespace/Kind/name`. */
  id: string;
  image: string;
}

const PRODUCTS: readonly [RegExp, string][] = [
  [/(?:^|\/)kube2iam(?:[:@]|$)/, 'kube2iam'],
  [/(?:^|\/)kiam(?:[:@]|$)/, 'kiam'],
  [/(?:^|\/)metadataproxy(?:[:@]|$)/, 'metadataproxy'],
];

/** DaemonSets (and kiam's server Deployment) of other proxies, told by their images. */
export function foreignProxies({ workloads }: Snapshot): ForeignProxy[] {
  if (workloads.state === 'unknown') return [];
  return workloads.value
    .filter(({ kind }) => kind === 'DaemonSet')
    .flatMap(({ id, template }) =>
      template.containers.flatMap(({ image }) => {
        const product = PRODUCTS.find(([pattern]) => pattern.test(image))?.[1];
        return product ? [{ product, id, image }] : [];
      }),
    );
}

export function run(snapshot: Snapshot): Finding[] {
  const of = clusterSubject(snapshot);
  const { workloads, proxy } = snapshot;
  for (const fact of [workloads, proxy]) if (fact.state === 'unknown') return [unread(fact, of, expected)];
  if (proxy.state === 'unknown') return [];
  const foreign = foreignProxies(snapshot);
  const own = proxy.value ? [`pod-iam (${proxy.value.namespace}/DaemonSet/${proxy.value.daemonSet})`] : [];
  const all = [...own, ...foreign.map(({ product, id }) => `${product} (${id})`)];
  const products = new Set([...own.map(() => 'pod-iam'), ...foreign.map(({ product }) => product)]);
  if (products.size === 0 || (products.size === 1 && !isClusterWide(snapshot))) return [];
  const why = 'each redirects 169.254.169.254 on every node; which rule comes first is chance';
  if (products.size === 1) return [pass(of, { expected, observed: all.join(', '), why })];
  return [
    fail(of, {
      expected,
      observed: all.join(' and '),
      why,
      evidence: foreign.map(({ id, image }) => ({ what: `image of ${id}`, value: image })),
      fix: {
        text: 'remove the one that is to go, with the rules that it left on the nodes',
        command: null,
        patch: null,
      },
    }),
  ];
}
