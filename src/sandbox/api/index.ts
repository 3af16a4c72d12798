// An emulated Kubernetes cluster in this process: an API server over HTTPS that the usual clients talk
// to, with access control, admission and the controllers that workloads need. Nodes and their kubelets
// are not part of it; whoever plays them watches `store` and reports through `setPodStatus`.
import type { AddressInfo } from 'node:net';
import { bootstrapRoles } from './access/bootstrap.ts';
import { Callers } from './access/callers.ts';
import { type AccountToken, accountToken } from './access/service-account-token.ts';
import { startControllers } from './controllers/controllers.ts';
import type { Core } from './core.ts';
import { makeCertificate } from './http/certificate.ts';
import { createApiServer } from './http/server.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { PodLogs } from './logs.ts';
import type { ApiObject } from './object.ts';
import { Store } from './store/store.ts';
import { type SystemApi, systemApi } from './system.ts';

export type { PodSpec } from './defaults/pod.ts';
export type { LogLine, LogQuery, PodLogs } from './logs.ts';
export type { ApiObject, Meta, OwnerReference } from './object.ts';
export { ApiError } from './status.ts';
export type { Change, Listener, Store } from './store/store.ts';
export type { NewObject, SystemApi } from './system.ts';

export interface ClusterOptions {
  /** Address to listen on; 127.0.0.1 by default. */
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Of the kubeconfig's cluster and context. */
  name?: string;
  /** Names and addresses for the certificate besides localhost, 127.0.0.1, ::1 and `host`. */
  extraHosts?: string[];
  /** Changes kept for watches to resume from; older ones get 410. */
  historyLimit?: number;
  /** Between two bookmarks of a watch. */
  bookmarkMs?: number;
}

export interface EmulatedCluster {
  url: string;
  caPem: string;
  /** Of a member of system:masters. */
  adminToken: string;
  /** YAML text, for the administrator. */
  kubeconfig: string;
  store: Store;
  /** Changes by the cluster's own parts, in process; the manager's name is `sandbox`. */
  system: SystemApi;
  logs: PodLogs;
  /** A token of a service account, which need not exist yet; for this server unless said otherwise. */
  issueToken(namespace: string, serviceAccount: string, options?: Partial<AccountToken>): string;
  /** A token of a user by name and groups; `system:authenticated` is added. */
  issueUserToken(user: string, groups?: string[]): string;
  kubeconfigFor(token: string, options?: { user?: string; namespace?: string }): string;
  /** A kubelet's report: merged into the pod's status. Null when the pod is gone. */
  setPodStatus(namespace: string, name: string, status: object): ApiObject | null;
  /** A kubelet's last word on a terminating pod: it has stopped and goes now. */
  removePod(namespace: string, name: string): boolean;
  appendPodLog(namespace: string, name: string, container: string, text: string): void;
  /** Ends every watch and connection. */
  close(): Promise<void>;
}

/** Listens before it resolves; throws when the address is taken. */
export async function startEmulatedCluster(options: ClusterOptions = {}): Promise<EmulatedCluster> {
  const { host = '127.0.0.1', port = 0, name = 'emulated', extraHosts = [], bookmarkMs = 60_000 } = options;
  const certificate = await makeCertificate([host, ...extraHosts]);
  const caPem = certificate.certPem;
  const store = new Store(options.historyLimit === undefined ? {} : { historyLimit: options.historyLimit });
  const core: Core = { store, callers: new Callers(), logs: new PodLogs() };
  const stopControllers = startControllers(core, caPem);
  const system = systemApi(core, 'sandbox');
  furnishCluster(system);

  const server = createApiServer(core, certificate, { bookmarkMs });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  const adminToken = core.callers.issue({
    name: 'kubernetes-admin',
    groups: ['system:masters', 'system:authenticated'],
  });
  const kubeconfigFor: EmulatedCluster['kubeconfigFor'] = (token, { user = 'user', namespace } = {}) =>
    kubeconfigText({ name, url, caPem, token, user, ...(namespace ? { namespace } : {}) });

  return {
    url,
    caPem,
    adminToken,
    kubeconfig: kubeconfigFor(adminToken, { user: 'kubernetes-admin' }),
    store,
    system,
    logs: core.logs,
    issueToken: (namespace, account, options) => accountToken(core, namespace, account, options),
    issueUserToken: (user, groups = []) =>
      core.callers.issue({ name: user, groups: [...groups, 'system:authenticated'] }),
    kubeconfigFor,
    setPodStatus: (namespace, pod, status) => system.patchStatus('pods', namespace, pod, status),
    removePod: (namespace, pod) => system.remove('pods', namespace, pod, { gracePeriodSeconds: 0 }),
    appendPodLog: (namespace, pod, container, text) => {
      const uid = store.get('pods', namespace, pod)?.metadata.uid;
      if (uid) core.logs.append(uid, container, text);
    },
    close: async () => {
      stopControllers();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function furnishCluster(system: SystemApi): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    system.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of bootstrapRoles()) {
    const plural = `${object.kind.toLowerCase()}s`;
    system.create(`${plural}.rbac.authorization.k8s.io`, object);
  }
}
