// Finds the installed proxy, its settings (read back from its arguments) and who its daemons are.
import pLimit from 'p-limit';
import { parseArn } from '../../model/arn.ts';
import { type DaemonValues, parseDaemonFlags, roleSettings } from '../../model/daemon-flags.ts';
import { PROXY_NAME, PROXY_SELECTOR, VERSION_LABEL } from '../../model/labels.ts';
import { type DaemonFact, type Fact, known, type ProxyInstall, unknownFact } from '../../model/snapshot.ts';
import type { Kube, KubeObject } from '../kube.ts';
import { ForbiddenProblem } from '../refusals.ts';
import { isReady, restartsOf, troubleOf } from '../trouble.ts';
import { readRedirect } from './redirect.ts';
import { gatherRights } from './rights.ts';
import { templateContainers } from './template-containers.ts';
import { unreadFact } from './unread.ts';

export interface ProxyFacts {
  proxy: Fact<ProxyInstall | null>;
  /** Caller ARNs of the daemons, each once. */
  nodeIdentities: Fact<string[]>;
}

/** `audit`: ask as well what the daemon's service account may do, and what the keepers of the redirect have seen. */
export async function gatherProxy(
  kube: Kube,
  systemNamespace: string,
  { audit }: { audit: boolean } = { audit: false },
): Promise<ProxyFacts> {
  const from = `list DaemonSets labelled ${PROXY_SELECTOR}`;
  try {
    const daemonSet = await findDaemonSet(kube, systemNamespace);
    if (daemonSet === null) {
      return { proxy: known(null, from), nodeIdentities: unknownFact('pod-iam is not installed', from) };
    }
    return await readInstall(kube, daemonSet, { from, audit });
  } catch (error) {
    const fact = unreadFact(error, from);
    return { proxy: fact, nodeIdentities: fact };
  }
}

/** Anywhere in the cluster; where only the system namespace may be looked at, none there proves nothing. */
async function findDaemonSet(kube: Kube, systemNamespace: string): Promise<KubeObject | null> {
  const isProxy = (object: KubeObject) => object.metadata.name === PROXY_NAME;
  const list = (namespace?: string) =>
    kube.list('apps/v1', 'DaemonSet', { namespace, labelSelector: PROXY_SELECTOR });
  try {
    const found = (await list()).filter(isProxy);
    return found.find(({ metadata }) => metadata.namespace === systemNamespace) ?? found[0] ?? null;
  } catch (error) {
    if (!(error instanceof ForbiddenProblem)) throw error;
    const here = (await list(systemNamespace)).find(isProxy);
    if (here) return here;
    throw error;
  }
}

async function readInstall(
  kube: Kube,
  daemonSet: KubeObject,
  { from, audit }: { from: string; audit: boolean },
): Promise<ProxyFacts> {
  const { namespace = '', name, labels = {} } = daemonSet.metadata;
  const container = proxyContainer(daemonSet);
  const values = readArguments(container.args);
  const status = (daemonSet.status ?? {}) as Record<string, number | undefined>;
  const { daemons, identities } = await readDaemons(kube, namespace, { audit });
  const text = (flag: string) => (values[flag] as string | null) ?? null;
  const settings = roleSettings(values);
  if (settings.baseRoleArn === null && discoversBase(values) && identities.state === 'known')
    settings.baseRoleArn = commonBase(identities.value);
  const install: ProxyInstall = {
    namespace,
    daemonSet: name,
    version: labels[VERSION_LABEL] ?? null,
    image: container.image,
    args: container.args,
    settings,
    stsEndpoint: text('sts-endpoint'),
    region: text('region'),
    desired: status.desiredNumberScheduled ?? 0,
    ready: status.numberReady ?? 0,
    updated: status.updatedNumberScheduled ?? 0,
    daemons,
    ...(audit && {
      rights: await gatherRights(kube, { namespace, name: container.serviceAccount }, values),
    }),
  };
  return { proxy: known(install, from), nodeIdentities: identities };
}

function proxyContainer(daemonSet: KubeObject): { image: string; args: string[]; serviceAccount: string } {
  const { template } = (daemonSet.spec ?? {}) as { template?: { spec?: { serviceAccountName?: string } } };
  const container = templateContainers(daemonSet).find(({ name }) => name === 'proxy');
  const serviceAccount = template?.spec?.serviceAccountName || 'default';
  return { image: container?.image ?? '', args: container?.args ?? [], serviceAccount };
}

/** Arguments that the kubelet fills in, such as `--host-ip=$(HOST_IP)`, differ by node and decide no role. */
const readArguments = (args: readonly string[]): DaemonValues =>
  parseDaemonFlags(args.filter((argument) => argument.startsWith('--') && !argument.includes('$(')));

async function readDaemons(
  kube: Kube,
  namespace: string,
  { audit }: { audit: boolean },
): Promise<{ daemons: DaemonFact[]; identities: Fact<string[]> }> {
  const pods = (await kube.list('v1', 'Pod', { namespace, labelSelector: PROXY_SELECTOR })).filter(
    ({ metadata }) =>
      metadata.ownerReferences?.some(({ kind, name }) => kind === 'DaemonSet' && name === PROXY_NAME),
  );
  const atOnce = pLimit(10);
  let refusal: Error | null = null;
  const daemons = await Promise.all(
    pods.map((pod) =>
      atOnce(async (): Promise<DaemonFact> => {
        const identityArn = await readIdentity(kube, pod).catch((error: Error) => {
          refusal ??= error;
          return null;
        });
        return {
          node: (pod.spec as { nodeName?: string } | undefined)?.nodeName ?? '',
          pod: pod.metadata.name,
          ready: isReady(pod),
          restarts: restartsOf(pod),
          identityArn,
          lastMessage: (await troubleOf(kube, pod))?.message ?? null,
          ...(audit && { redirect: await readRedirect(kube, pod) }),
        };
      }),
    ),
  );
  daemons.sort((a, b) => (a.node < b.node ? -1 : 1));
  return { daemons, identities: identitiesOf(daemons, refusal) };
}

function identitiesOf(daemons: readonly DaemonFact[], refusal: Error | null): Fact<string[]> {
  const told = daemons.filter(({ identityArn }) => identityArn !== null);
  const arns = [...new Set(told.map(({ identityArn }) => identityArn!))].sort();
  const from = `the logs of ${told.length} of ${daemons.length} daemons`;
  if (arns.length > 0) return known(arns, from);
  if (refusal !== null) return unreadFact(refusal, from);
  return unknownFact('no daemon has told its identity yet', from);
}

/** The last line `{"msg":"identity","arn":…}` of the daemon's log; null when it has told none. */
async function readIdentity(kube: Kube, pod: KubeObject): Promise<string | null> {
  const { namespace = '', name } = pod.metadata;
  if (!hasStarted(pod)) return null;
  const log = await kube.log(namespace, name, { container: 'proxy', tailLines: 5000 });
  const line = log.split('\n').findLast((text) => text.includes('"msg":"identity"'));
  if (line === undefined) return null;
  try {
    return (JSON.parse(line) as { arn?: string | null }).arn ?? null;
  } catch {
    return null;
  }
}

function hasStarted(pod: KubeObject): boolean {
  const statuses = (
    pod.status as { containerStatuses?: { name: string; state?: object; containerID?: string }[] }
  )?.containerStatuses;
  return statuses?.some(({ name, containerID }) => name === 'proxy' && Boolean(containerID)) ?? false;
}

const discoversBase = (values: DaemonValues): boolean =>
  values['auto-discover-base-arn'] === true || values['auto-discover-default-role'] === true;

/** What the daemons find out themselves, when all are of one account. */
function commonBase(identities: readonly string[]): string | null {
  const bases = new Set(
    identities.map((arn) => {
      const parsed = parseArn(arn);
      return parsed && `arn:${parsed.partition}:iam::${parsed.account}:role/`;
    }),
  );
  return bases.size === 1 ? [...bases][0]! : null;
}
