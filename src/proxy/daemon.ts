// Puts the daemon together: what it talks to, what it knows, and the two servers that answer.
import type { AddressInfo } from 'node:net';
import { environmentProblem } from '../model/problem.ts';
import { adminServer, type Readiness } from './admin.ts';
import { Connections, connectionLimits } from './connections.ts';
import { startCore } from './core.ts';
import { Gate } from './credentials/gate.ts';
import { ownSource } from './credentials/own.ts';
import { stsClient } from './credentials/sts.ts';
import { bindAddresses } from './host-addresses.ts';
import { imdsClient } from './imds.ts';
import { BACKLOG, Listeners } from './listeners.ts';
import { type Log, messageOf } from './log.ts';
import { createMetrics } from './metrics.ts';
import { redirectFault } from './redirect-report.ts';
import { regionFinder } from './region.ts';
import { router } from './routes/answer.ts';
import { metadataServer } from './server.ts';
import type { DaemonSettings } from './settings.ts';
import { liftStartupTaint } from './startup-taint.ts';
import { loadTokenKey } from './tokens/key.ts';
import { VERSION } from './version.ts';
import { kubeApi } from './who/api.ts';
import { apiConnection } from './who/api-connection.ts';
import { dockerEngine } from './who/docker/engine.ts';
import { engineConnection } from './who/docker/engine-connection.ts';

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
  const { docker, environment } = settings;
  const engine = docker && dockerEngine(engineConnection(docker.host, environment));
  const api = docker ? null : kubeApi(apiConnection(settings));
  const imds = imdsClient(settings.metadataHost, settings.metadataPort);
  const metrics = createMetrics(settings.node, {
    pods: () => core.parts.pods.size,
    stock: () => core.parts.vault.stock(),
    watches: () => core.watches.levels(),
    connections: () => connections.count,
  });
  const sts = stsClient(
    {
      endpoint: settings.stsEndpoint,
      environment: settings.environment,
      region: regionFinder(settings, imds),
      gate: new Gate(),
      ownArn: () => core.parts.self.self?.arn ?? null,
      onCall: (outcome, ms) => metrics.stsCall(outcome, ms / 1000),
    },
    () => own,
  );
  const own = ownSource(settings.environment, imds, sts.exchange);
  const core = startCore(settings, { api, engine, imds, sts }, { log, metrics });
  const { parts } = core;
  const connections = new Connections(connectionLimits(), (address, closed) =>
    parts.refusals.ofConnection(address, parts.pods.at(address), closed),
  );

  async function readiness(): Promise<Readiness> {
    const reasons = core.watches.faults();
    const fault =
      settings.redirect === 'external'
        ? null
        : await redirectFault(settings.stateDir, {
            mustReport: settings.redirect === 'required',
            port: settings.port,
          });
    if (fault) reasons.push(fault);
    if (listeners?.fault) reasons.push(listeners.fault);
    return { ready: reasons.length === 0, reasons };
  }

  let listeners: Listeners | null = null;
  const metadata = metadataServer(router(parts), { log, metrics, connections });
  const admin = adminServer(parts, metrics, readiness);

  async function close(): Promise<void> {
    stopping.abort();
    core.close();
    // A connection that never asked anything counts as busy to Node.
    const patience = setTimeout(() => {
      metadata.server.closeAllConnections();
      connections.closeIdle({ idleMs: 0, silentMs: 0 });
    }, LAST_ANSWERS_MS);
    await Promise.all([metadata.close(), listeners?.close(), admin.close()]);
    clearTimeout(patience);
    sts.close();
    imds.close();
    api?.close();
    engine?.close();
  }

  try {
    await loadTokenKey(settings.stateDir, parts.tokens, log, stopping.signal);
    const [host] = bindAddresses(settings);
    const address = await listen(metadata, host!, settings.port, 'app-port');
    listeners = new Listeners({
      addresses: () => bindAddresses(settings),
      first: { host: host!, port: address.port },
      accept: (socket) => metadata.server.emit('connection', socket),
      log,
    });
    await listeners.start();
    const adminAddress = await listen(admin, settings.adminHost, settings.adminPort, 'admin-addr');
    if (settings.node === null) log.warn('no --node: the pods of the whole cluster are watched');
    log.info({ version: VERSION, node: settings.node, ...address, admin: adminAddress }, 'listening');
    if (settings.startupTaint !== null && api)
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

async function listen(
  server: ReturnType<typeof metadataServer>,
  host: string,
  port: number,
  flag: string,
): Promise<{ host: string; port: number }> {
  try {
    await server.listen({ host, port, backlog: BACKLOG });
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
