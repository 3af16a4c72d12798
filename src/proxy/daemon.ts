// Puts the daemon together: watches say which pods there are, each pod's identity is held in the
// vault before it asks, and two servers answer.
import type { AddressInfo } from 'node:net';
import { environmentProblem } from '../model/problem.ts';
import type { KnownBy } from '../model/role.ts';
import { adminServer, type Readiness } from './admin.ts';
import { Gate } from './credentials/gate.ts';
import { ownSource } from './credentials/own.ts';
import { stsClient } from './credentials/sts.ts';
import { type CredentialFailure, type Identity, keyEnding } from './credentials/types.ts';
import { Vault } from './credentials/vault.ts';
import { imdsClient } from './imds.ts';
import { type Log, messageOf } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { OwnIdentity } from './own-identity.ts';
import type { Parts } from './parts.ts';
import { redirectFault } from './redirect-report.ts';
import { Refusals } from './refusals.ts';
import { regionFinder } from './region.ts';
import { instant } from './reply.ts';
import { assignRole } from './role/assign.ts';
import { router } from './routes/answer.ts';
import { metadataServer } from './server.ts';
import { type DaemonSettings, discoveredRoles } from './settings.ts';
import { liftStartupTaint } from './startup-taint.ts';
import { loadTokenKey } from './tokens/key.ts';
import { SessionTokens } from './tokens/session-tokens.ts';
import { VERSION } from './version.ts';
import { type KubeApi, kubeApi } from './who/api.ts';
import { apiConnection } from './who/api-connection.ts';
import { Bearers } from './who/bearers.ts';
import { ListWatch } from './who/list-watch.ts';
import { NamespaceIndex } from './who/namespace-index.ts';
import { PodIndex } from './who/pod-index.ts';
import { type PodRecord, podRecord } from './who/pod-record.ts';

export interface Daemon {
  /** Where it listens, with the real ports. */
  address: { host: string; port: number };
  admin: { host: string; port: number };
  /** Answers what is in flight, then frees everything. */
  close(): Promise<void>;
}

/** Time for the requests under way when the daemon is told to stop. */
const LAST_ANSWERS_MS = 2_000;

/**
 * Resolves as soon as both servers listen; everything else goes on behind.
 * @throws Problem of kind usage for settings that lead nowhere, of kind environment for an address
 * that cannot be listened on
 */
export async function startDaemon(settings: DaemonSettings, log: Log): Promise<Daemon> {
  const stopping = new AbortController();
  const api = kubeApi(apiConnection(settings));
  const imds = imdsClient(settings.metadataHost, settings.metadataPort);
  const tokens = new SessionTokens();
  const namespaces = new NamespaceIndex(settings.roles.namespaceKey);
  const pods = new PodIndex((uid, pod) => hold(uid, pod));
  const metrics = createMetrics(settings.node, { pods: () => pods.size, stock: () => vault.stock() });
  const refusals = new Refusals({ api, log, metrics, node: settings.node });

  const sts = stsClient(
    {
      endpoint: settings.stsEndpoint,
      region: regionFinder(settings, imds),
      gate: new Gate(),
      ownArn: () => self.self?.arn ?? null,
      onCall: (outcome, ms) => metrics.stsCall(outcome, ms / 1000),
    },
    () => own,
  );
  const own = ownSource(settings.environment, imds, sts.exchange);
  const vault = new Vault(sts.issue, {
    hit: () => metrics.hit(),
    issued(identity, credentials, holders) {
      metrics.issued();
      log.info(
        {
          role: identity.roleArn,
          session: identity.sessionName,
          key: keyEnding(credentials.accessKeyId),
          expiration: instant(credentials.expiresAtMs),
          pods: holders.map(podName),
        },
        'issued',
      );
    },
    failed(identity, failure, holders, stillValid) {
      if (stillValid) {
        log.warn(
          {
            role: identity.roleArn,
            check: failure.check,
            why: failure.message,
            validUntil: instant(stillValid.expiresAtMs),
          },
          'not renewed',
        );
      } else for (const uid of holders) tellFailure(uid, identity, failure);
    },
  });
  const roles = () => discoveredRoles(settings, self.self);
  const assign = (pod: PodRecord, knownBy?: KnownBy) =>
    assignRole(
      pod,
      namespaces,
      { roles, sessionName: settings.sessionName, sessionSeconds: settings.sessionSeconds },
      knownBy,
    );
  const self = new OwnIdentity(
    () => sts.caller(),
    log,
    () => pods.each(hold),
  );

  /** As soon as a pod is bound to the node, and long before it has an address. */
  function hold(uid: string, pod: PodRecord | null): void {
    const knownBy = pod?.mountsToken ? 'token' : 'address';
    vault.hold(uid, pod && !pod.isFinished ? assign(pod, knownBy).identity : null);
  }

  function podName(uid: string): string {
    const pod = pods.get(uid);
    return pod ? `${pod.namespace}/${pod.name}` : uid;
  }

  function tellFailure(uid: string, identity: Identity, { kind, check, message }: CredentialFailure): void {
    const pod = pods.get(uid);
    if (!pod) return;
    const reason = kind === 'refused' ? 'CredentialsRefused' : 'CredentialsUnavailable';
    refusals.ofPod(pod, { check, reason, message, roleArn: identity.roleArn });
  }

  const record = (object: unknown) =>
    podRecord(object, {
      annotations: [settings.roles.roleKey, settings.roles.externalIdKey],
      announced: settings.announcedAddresses,
      audience: settings.containerAudience,
    });
  const podWatch = new ListWatch({
    api,
    log,
    path: '/api/v1/pods',
    ...(settings.node !== null && { query: { fieldSelector: `spec.nodeName=${settings.node}` } }),
    replace: (objects) => pods.replace(objects.map(record).filter((pod) => pod !== null)),
    set: (object) => {
      const pod = record(object);
      if (pod) pods.set(pod);
    },
    remove: (object) => pods.remove(record(object)?.uid ?? ''),
    onRestart: (reason) => metrics.watchRestarted('pods', reason),
  });
  const reassign = (namespace: string | null) =>
    pods.each((uid, pod) => {
      if (namespace === null || pod.namespace === namespace) hold(uid, pod);
    });
  const namespaceWatch = settings.roles.namespaceRestrictions
    ? new ListWatch({
        api,
        log,
        path: '/api/v1/namespaces',
        replace: (objects) => {
          namespaces.replace(objects);
          reassign(null);
        },
        set: (object) => reassign(namespaces.set(object)),
        remove: (object) => namespaces.remove(object),
        onRestart: (reason) => metrics.watchRestarted('namespaces', reason),
      })
    : null;

  async function readiness(): Promise<Readiness> {
    const reasons: string[] = [];
    if (!podWatch.isSynced) reasons.push(`the pods of this node are not known: ${podWatch.failure}`);
    if (namespaceWatch && !namespaceWatch.isSynced)
      reasons.push(`the namespaces are not known: ${namespaceWatch.failure}`);
    const fault =
      settings.redirect === 'external'
        ? null
        : await redirectFault(settings.stateDir, { mustReport: settings.redirect === 'required' });
    if (fault) reasons.push(fault);
    return { ready: reasons.length === 0, reasons };
  }

  const parts: Parts = {
    settings,
    pods,
    namespaces,
    vault,
    tokens,
    imds,
    self,
    refusals,
    roles,
    assign,
    container: containerParts(settings.containerAudience, { api, log, metrics }),
    doubtWatch: () => podWatch.nudge(),
  };
  const metadata = metadataServer(router(parts), { log, metrics });
  const admin = adminServer(parts, metrics, readiness);

  async function close(): Promise<void> {
    stopping.abort();
    podWatch.close();
    namespaceWatch?.close();
    self.close();
    vault.close();
    // A connection that never asked anything counts as busy to Node.
    const patience = setTimeout(() => metadata.server.closeAllConnections(), LAST_ANSWERS_MS);
    await Promise.all([metadata.close(), admin.close()]);
    clearTimeout(patience);
    sts.close();
    imds.close();
    api.close();
  }

  try {
    const address = await listen(metadata, settings.bind, settings.port, 'app-port');
    const adminAddress = await listen(admin, settings.adminHost, settings.adminPort, 'admin-addr');
    if (settings.node === null) log.warn('no --node: the pods of the whole cluster are watched');
    log.info({ version: VERSION, node: settings.node, ...address, admin: adminAddress }, 'listening');
    void loadTokenKey(settings.stateDir, tokens, log, stopping.signal);
    if (settings.startupTaint !== null)
      void liftStartupTaint({
        api,
        node: settings.node!,
        key: settings.startupTaint,
        isReady: async () => (await readiness()).ready,
        log,
        signal: stopping.signal,
      });
    return { address, admin: adminAddress, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function containerParts(
  audience: string | null,
  { api, log, metrics }: { api: KubeApi; log: Log; metrics: Metrics },
): Parts['container'] {
  if (audience === null) return null;
  let failure: string | null = null;
  const bearers = new Bearers({
    api,
    audience,
    onReview(outcome, why) {
      metrics.tokenReviewed(outcome);
      if (outcome === 'dropped') return;
      const before = failure;
      failure = outcome === 'failed' ? why : null;
      if (failure !== null && failure !== before) log.warn({ why }, 'cannot review tokens');
    },
  });
  return { audience, bearers };
}

async function listen(
  server: ReturnType<typeof metadataServer>,
  host: string,
  port: number,
  flag: string,
): Promise<{ host: string; port: number }> {
  try {
    await server.listen({ host, port });
    return { host, port: (server.server.address() as AddressInfo).port };
  } catch (error) {
    throw environmentProblem({
      code: 'CANNOT_LISTEN',
      what: `cannot listen on ${host} port ${port}`,
      why: messageOf(error),
      next: `free the port, or give another --${flag}`,
      cause: error,
    });
  }
}
