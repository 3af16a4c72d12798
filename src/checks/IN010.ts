// IN010: two credential proxies on one cluster: the first redirect rule on a node wins, by chance. The
// EKS Pod Identity agent is one where both answer at its address, and a second identity in any case.
import { CONTAINER_IPV4 } from '../model/container-credentials.ts';
import { isEksAgent, metadataProxyIn } from '../model/credential-proxies.ts';
import { type Finding, fail, pass, type Subject, warn } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { clusterSubject, isClusterWide, takesTokens, unread } from './shared.ts';

const expected = 'at most one credential proxy is installed';

export interface ForeignProxy {
  product: string;
  /** `namespace/Kind/name`. */
  id: string;
  image: string;
}

/** DaemonSets of other proxies, kiam's server among them. */
export const foreignProxies = (snapshot: Snapshot): ForeignProxy[] => daemonSets(snapshot, metadataProxyIn);

const eksAgents = (snapshot: Snapshot): ForeignProxy[] =>
  daemonSets(snapshot, (names) => (isEksAgent(names) ? 'EKS Pod Identity agent' : null));

function daemonSets(
  { workloads }: Snapshot,
  productIn: (names: readonly string[]) => string | null,
): ForeignProxy[] {
  if (workloads.state === 'unknown') return [];
  return workloads.value
    .filter(({ kind }) => kind === 'DaemonSet')
    .flatMap(({ id, name, template }) => {
      const images = template.containers.map(({ image }) => image);
      const found = images.find((image) => productIn([image]) !== null) ?? images[0] ?? '';
      const product = productIn([name, ...images]);
      return product === null ? [] : [{ product, id, image: found }];
    });
}

export function run(snapshot: Snapshot): Finding[] {
  const of = clusterSubject(snapshot);
  const { workloads, proxy } = snapshot;
  for (const fact of [workloads, proxy]) if (fact.state === 'unknown') return [unread(fact, of, expected)];
  if (proxy.state === 'unknown') return [];
  const foreign = foreignProxies(snapshot);
  const own = proxy.value ? [`pod-iam (${proxy.value.namespace}/DaemonSet/${proxy.value.daemonSet})`] : [];
  const [agent] = eksAgents(snapshot);
  if (proxy.value && agent && foreign.length === 0)
    return [besideAgent(of, own[0]!, agent, takesTokens(proxy.value))];
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

/** What pods get is then decided in two places, and a pod's restart may change which one counts. */
function besideAgent(
  of: Subject,
  own: string,
  { product, id, image }: ForeignProxy,
  isSameAddress: boolean,
): Finding {
  const words = {
    expected,
    evidence: [{ what: `image of ${id}`, value: image }],
  };
  const observed = `${own} and ${product} (${id})`;
  if (isSameAddress)
    return fail(of, {
      ...words,
      observed: `${observed}, both at ${CONTAINER_IPV4}`,
      why: 'with --container-credentials the daemon takes the requests that are meant for the agent, or the agent those of the daemon',
      fix: {
        text: 'install pod-iam without --container-credentials, or remove the add-on eks-pod-identity-agent',
        command: null,
        patch: null,
      },
    });
  return warn(of, {
    ...words,
    observed,
    why: 'a pod whose service account has an association asks the agent first, whatever its annotation says (ID004 names those that do)',
    fix: {
      text: 'give each service account an association or its pods an annotation, not both',
      command: 'aws eks list-pod-identity-associations --cluster-name CLUSTER',
      patch: null,
    },
  });
}
