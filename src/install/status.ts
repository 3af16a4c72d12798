// How the installed proxy stands, node by node.
import { gatherProxy } from '../cluster/facts/proxy.ts';
import type { Kube } from '../cluster/kube.ts';
import { environmentProblem } from '../model/problem.ts';
import type { DaemonFact, ProxyInstall } from '../model/snapshot.ts';
import { keptOutside } from './installed.ts';
import { splitNodes } from './nodes.ts';

export interface NodeStatus {
  node: string;
  /** `ready`, or why not. */
  daemon: string;
  ready: boolean;
  restarts: number;
  /** Null: not known, because the daemon that reports it is not ready or does not look. */
  redirectInPlace: boolean | null;
  /** The daemon's own caller ARN. */
  identity: string | null;
}

export interface ProxyStatus {
  context: string;
  namespace: string;
  installed: boolean;
  version: string | null;
  image: string | null;
  ready: boolean;
  nodes: NodeStatus[];
  notServable: { node: string; why: string }[];
}

/** @throws Problem when it cannot be found out whether the proxy is installed */
export async function readStatus(kube: Kube, namespace: string): Promise<ProxyStatus> {
  await kube.version();
  const [{ proxy }, nodes] = await Promise.all([gatherProxy(kube, namespace), splitNodes(kube)]);
  if (proxy.state === 'unknown') {
    throw environmentProblem({
      code: 'UNKNOWN',
      what: 'it cannot be told whether pod-iam is installed',
      why: proxy.why,
      next: proxy.grant
        ? `needs the permission to ${proxy.grant.needs}`
        : `${kube.context.kubectl} get daemonsets -n ${namespace}`,
    });
  }
  const install = proxy.value;
  const rows = install
    ? [
        ...nodes.reachable.map((node) => nodeStatus(node, install, null)),
        ...nodes.notReady.map((node) => nodeStatus(node, install, 'the node is not ready')),
      ]
    : [];
  return {
    context: kube.context.name,
    namespace: install?.namespace ?? namespace,
    installed: install !== null,
    version: install?.version ?? null,
    image: install?.image ?? null,
    ready: install !== null && rows.every(({ ready }) => ready),
    nodes: rows,
    notServable: nodes.notServable,
  };
}

function nodeStatus(node: string, install: ProxyInstall, lost: string | null): NodeStatus {
  const daemon: DaemonFact | undefined = install.daemons.find((one) => one.node === node);
  const ready = lost === null && daemon?.ready === true;
  return {
    node,
    daemon: ready ? 'ready' : (lost ?? daemon?.lastMessage ?? 'there is no daemon'),
    ready,
    restarts: daemon?.restarts ?? 0,
    // A daemon is ready only while the redirect is reported to be in place.
    redirectInPlace: ready && !keptOutside(install.args) ? true : null,
    identity: daemon?.identityArn ?? null,
  };
}
