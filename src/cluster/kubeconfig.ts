// Finds the kubeconfig as kubectl does (flag, KUBECONFIG, ~/.kube/config, then the pod's own service
// account) and picks the context.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { fileFault } from '../model/file-fault.ts';
import { nearestName } from '../model/nearest.ts';
import { environmentProblem, type Problem, usageProblem } from '../model/problem.ts';
import { quote } from '../model/shell.ts';

export interface KubeOptions {
  /** Path of one file; it must exist. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
  /** Default of objects that name none; else the context's, else `default`. */
  namespace?: string | undefined;
  /** The process's environment: KUBECONFIG and KUBERNETES_SERVICE_HOST are read. */
  env: Readonly<Record<string, string | undefined>>;
}

const inClusterToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** @throws Problem NO_KUBECONFIG, BAD_KUBECONFIG or NO_CONTEXT */
export async function loadKubeconfig(options: KubeOptions): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const files = kubeconfigFiles(options);
  const config = new KubeConfig();
  for (const file of files) addFile(config, file, KubeConfig);
  if (files.length === 0) {
    if (!options.env.KUBERNETES_SERVICE_HOST || !existsSync(inClusterToken)) throw noKubeconfig(options);
    config.loadFromCluster();
  }
  chooseContext(config, options, files);
  allowPlainHttp(config);
  return config;
}

/** Files of KUBECONFIG that do not exist are passed over, as kubectl does; a flag's must exist. */
function kubeconfigFiles({ kubeconfig, env }: KubeOptions): string[] {
  if (kubeconfig !== undefined) {
    if (existsSync(kubeconfig)) return [kubeconfig];
    throw usageProblem({
      code: 'NO_KUBECONFIG',
      what: `there is no kubeconfig file ${kubeconfig}`,
      next: 'give one that is there, or leave --kubeconfig out: KUBECONFIG, then ~/.kube/config is read',
    });
  }
  if (env.KUBECONFIG)
    return env.KUBECONFIG.split(delimiter).filter((file) => file !== '' && existsSync(file));
  const usual = join(env.HOME ?? homedir(), '.kube', 'config');
  return existsSync(usual) ? [usual] : [];
}

/** The first file that names a context, cluster or user wins. */
function addFile(config: KubeConfig, file: string, Loader: new () => KubeConfig): void {
  const one = new Loader();
  try {
    one.loadFromFile(file);
  } catch (error) {
    throw environmentProblem({
      code: 'BAD_KUBECONFIG',
      what: `the kubeconfig file ${file} cannot be read`,
      why: fileFault(error),
      next: `kubectl --kubeconfig ${quote(file)} config view`,
      cause: error,
    });
  }
  const isNew = (known: readonly { name: string }[]) => (entry: { name: string }) =>
    !known.some(({ name }) => name === entry.name);
  config.clusters = [...config.clusters, ...one.clusters.filter(isNew(config.clusters))];
  config.users = [...config.users, ...one.users.filter(isNew(config.users))];
  config.contexts = [...config.contexts, ...one.contexts.filter(isNew(config.contexts))];
  if (!config.currentContext) config.currentContext = one.currentContext;
}

function chooseContext(
  config: KubeConfig,
  { context: wanted, kubeconfig }: KubeOptions,
  files: readonly string[],
): void {
  const kubectl = kubeconfig === undefined ? 'kubectl' : `kubectl --kubeconfig ${quote(kubeconfig)}`;
  const names = config.contexts.map(({ name }) => name);
  const name = wanted ?? config.currentContext;
  const where = files.length > 0 ? files.join(', ') : 'the kubeconfig';
  if (!name) {
    throw usageProblem({
      code: 'NO_CONTEXT',
      what: `no context is chosen in ${where}`,
      why: knownContexts(names),
      next: names[0] ? `add --context ${names[0]}` : `${kubectl} config get-contexts`,
    });
  }
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    throw usageProblem({
      code: 'NO_CONTEXT',
      what: `there is no context "${name}" in ${where}`,
      why: knownContexts(names),
      next: near ? `did you mean --context ${near}?` : `${kubectl} config get-contexts`,
    });
  }
  config.setCurrentContext(name);
  const { cluster, user } = config.getContextObject(name)!;
  const lacks = !config.getCluster(cluster)
    ? `cluster "${cluster}"`
    : !config.getUser(user)
      ? `user "${user}"`
      : null;
  if (lacks) {
    throw environmentProblem({
      code: 'BAD_KUBECONFIG',
      what: `the context "${name}" names the ${lacks}, which is not in ${where}`,
      next: `${kubectl} config view`,
    });
  }
}

const knownContexts = (names: readonly string[]): string =>
  names.length === 0 ? 'it holds no contexts' : `it holds the contexts ${names.join(', ')}`;

/** The library refuses http:// unless TLS checks are off; there are none to do, as with `kubectl proxy`. */
function allowPlainHttp(config: KubeConfig): void {
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  );
}

function noKubeconfig({ env }: KubeOptions): Problem {
  return environmentProblem({
    code: 'NO_KUBECONFIG',
    what: 'no kubeconfig was found, so there is no cluster to talk to',
    why: env.KUBECONFIG
      ? `KUBECONFIG is ${env.KUBECONFIG}, and there is no such file`
      : 'neither --kubeconfig nor KUBECONFIG is set, and there is no ~/.kube/config',
    next: 'add --kubeconfig FILE, or on EKS: aws eks update-kubeconfig --name CLUSTER',
  });
}
