// Talks to a Kubernetes API server: with transport and kubeconfig the only door to
// @kubernetes/client-node, which is loaded when the first connection is made.
import type { KubernetesObject } from '@kubernetes/client-node';
import { quote } from '../model/shell.ts';
import { type CallContext, kubeProblem } from './errors.ts';
import type { Kube, KubeObject, ListOptions, ObjectRef } from './kube.ts';
import { type KubeOptions, loadKubeconfig } from './kubeconfig.ts';
import { type KubeApis, openApis } from './transport.ts';

const fieldManager = 'pod-iam';
const pageSize = 500;
const timeoutMs = 15_000;

/**
 * Picks the context and prepares the client; the first request is made by the first call.
 * @throws Problem NO_KUBECONFIG, BAD_KUBECONFIG or NO_CONTEXT
 */
export async function connectKube(options: KubeOptions): Promise<Kube> {
  const config = await loadKubeconfig(options);
  const chosen = config.getContextObject(config.currentContext)!;
  const context = {
    name: chosen.name,
    cluster: chosen.cluster,
    server: config.getCurrentCluster()!.server,
    namespace: options.namespace ?? chosen.namespace ?? 'default',
    kubectl: kubectlFor(options.kubeconfig, chosen.name),
  };
  const where = {
    context: context.name,
    server: context.server,
    kubectl: context.kubectl,
    user: chosen.user,
    timeoutMs,
  };
  return kubeOver(await openApis(config, context.namespace, timeoutMs), context, where);
}

/** The library's name for the cluster around this pod means nothing to kubectl, which finds that by itself. */
const kubectlFor = (kubeconfig: string | undefined, context: string): string =>
  [
    'kubectl',
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', quote(kubeconfig)]),
    ...(context === 'inClusterContext' ? [] : ['--context', quote(context)]),
  ].join(' ');

function kubeOver(
  { objects, core, versions }: KubeApis,
  context: Kube['context'],
  where: Omit<CallContext, 'doing'>,
): Kube {
  const call = async <T>(doing: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw kubeProblem(error, { ...where, doing });
    }
  };

  return {
    context,
    version: () =>
      call('ask for the version', async () => {
        const { gitVersion } = await versions.getCode();
        if (!gitVersion) throw new SyntaxError('no version in the answer');
        return gitVersion;
      }),
    list: (apiVersion, kind, options = {}) =>
      call(`list ${kind} objects${inNamespace(options.namespace)}`, () =>
        listAll(objects, apiVersion, kind, options),
      ),
    read: (ref) =>
      call(`read ${words(ref)}`, () => orElse(null, async () => plain(await objects.read(headerOf(ref))))),
    apply: (object, { dryRun = false, force = true } = {}) =>
      call(`apply ${wordsOf(object)}`, async () =>
        plain(
          await objects.patch(
            copyOf(object),
            undefined,
            dryRunParameter(dryRun),
            fieldManager,
            force,
            'application/apply-patch+yaml',
          ),
        ),
      ),
    create: (object, { dryRun = false } = {}) =>
      call(`create ${wordsOf(object)}`, async () =>
        plain(await objects.create(copyOf(object), undefined, dryRunParameter(dryRun), fieldManager)),
      ),
    remove: (ref, { graceSeconds, propagation = 'Background' } = {}) =>
      call(`delete ${words(ref)}`, () =>
        orElse(false, async () => {
          await objects.delete(headerOf(ref), undefined, undefined, graceSeconds, undefined, propagation);
          return true;
        }),
      ),
    log: (namespace, pod, { container, tailLines, previous } = {}) =>
      call(`read the log of pod ${namespace}/${pod}`, async () => {
        const text = await core.readNamespacedPodLog({
          name: pod,
          namespace,
          ...(container !== undefined && { container }),
          ...(tailLines !== undefined && { tailLines }),
          ...(previous !== undefined && { previous }),
        });
        return text ?? '';
      }),
    can: ({ verb, group, resource, subresource, namespace }, somebody) =>
      call(
        `ask whether ${verb} ${resource} is allowed${somebody ? ` to ${somebody.user}` : ''}`,
        async () => {
          const resourceAttributes = { verb, group, resource, subresource, namespace };
          const review = await objects.create({
            apiVersion: 'authorization.k8s.io/v1',
            kind: somebody ? 'SubjectAccessReview' : 'SelfSubjectAccessReview',
            spec: { resourceAttributes, ...somebody },
          } as KubernetesObject);
          return (plain(review) as { status?: { allowed?: boolean } }).status?.allowed === true;
        },
      ),
  };
}

/** Page by page; a continuation that has expired (410 on a busy cluster) starts again in one piece. */
async function listAll(
  objects: KubeApis['objects'],
  apiVersion: string,
  kind: string,
  { namespace, fieldSelector, labelSelector }: ListOptions,
): Promise<KubeObject[]> {
  const page = async (limit: number | undefined, next: string | undefined) => {
    const none = undefined;
    const list = await objects.list(
      apiVersion,
      kind,
      namespace,
      none,
      none,
      none,
      fieldSelector,
      labelSelector,
      limit,
      next,
    );
    return list as unknown as { items: KubeObject[] | null; metadata?: { continue?: string } };
  };
  const found: KubeObject[] = [];
  for (let next: string | undefined; ; ) {
    let answer: Awaited<ReturnType<typeof page>>;
    try {
      answer = await page(pageSize, next);
    } catch (error) {
      if (statusOf(error) !== 410 || next === undefined) throw error;
      found.length = 0;
      answer = await page(undefined, undefined);
    }
    // Items of a list come without their kind.
    for (const item of answer.items ?? []) found.push({ ...item, apiVersion, kind });
    next = answer.metadata?.continue || undefined;
    if (next === undefined) return found;
  }
}

async function orElse<T>(absent: T, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (statusOf(error) === 404) return absent;
    throw error;
  }
}

const statusOf = (error: unknown): unknown => (error as { code?: unknown }).code;

const dryRunParameter = (dryRun: boolean): string | undefined => (dryRun ? 'All' : undefined);

/** The library writes defaults into what it is given. */
const copyOf = (object: KubeObject): KubernetesObject =>
  structuredClone(object) as unknown as KubernetesObject;

const plain = (object: KubernetesObject): KubeObject => object as unknown as KubeObject;

const headerOf = ({ apiVersion, kind, name, namespace }: ObjectRef) => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});

const inNamespace = (namespace: string | undefined): string => (namespace ? ` in ${namespace}` : '');

const words = ({ kind, name, namespace }: Omit<ObjectRef, 'apiVersion'>): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

const wordsOf = ({ kind, metadata }: KubeObject): string =>
  words({ kind, name: metadata.name, namespace: metadata.namespace });
