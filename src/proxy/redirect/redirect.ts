// The steps of keeping the redirect, in order: the tokens' key, the packet filter, the rule, the watch.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { environmentProblem } from '../../model/problem.ts';
import { type Log, messageOf } from '../log.ts';
import type { AntiSpoof } from '../settings.ts';
import { bridgeGuard } from './bridge/guard.ts';
import { findBackends } from './choose.ts';
import { forgetUnled } from './forget.ts';
import { keep } from './keeper.ts';
import { ensureTokenKey } from './key.ts';
import { type Backend, endpointsOf, type RedirectRule } from './rule.ts';
import type { Tools } from './tools.ts';
import { findWarnings } from './warnings.ts';

export interface RedirectOptions {
  /** As it is at the moment. */
  rule: () => RedirectRule;
  /** Addresses that must be this node's. */
  hostIps: readonly string[];
  antiSpoof: AntiSpoof;
  /** Folder of the network plugin's results. */
  cniResults: string;
  tools: Tools;
  /** The node's name, for messages. */
  node: string;
  stateDir: string;
  /** Whether the key can be given to the daemon's user. */
  isRoot: boolean;
  log: Log;
  /** Ends the keeping; the rule stays in place. */
  signal: AbortSignal;
}

/**
 * Keeps the rule until the signal.
 * @throws Problem NOT_THIS_NODE or NO_PACKET_FILTER, of kind environment
 */
export async function keepRedirect(options: RedirectOptions): Promise<void> {
  const { hostIps, antiSpoof, stateDir, isRoot, log, signal } = options;
  await ensureTokenKey(stateDir, isRoot).catch((error: unknown) =>
    log.error({ why: messageOf(error) }, "cannot make the session tokens' key"),
  );
  for (const hostIp of hostIps) {
    if (await isOwnAddress(hostIp)) continue;
    throw environmentProblem({
      code: 'NOT_THIS_NODE',
      what: `${hostIp} is no address of node ${options.node}`,
      why: 'requests led to another machine would lose the address that tells their pod',
      next: "give the node's own address as --host-ip (in a DaemonSet: status.hostIP)",
    });
  }
  const { backend, fault } = await setFirst(findBackends(options), log);
  const guard = bridgeGuard({
    tools: options.tools,
    endpoints: () => endpointsOf(options.rule()),
    records: options.cniResults,
  });
  if (antiSpoof === 'off')
    await guard
      .remove()
      .catch((error: unknown) => log.debug({ why: messageOf(error) }, 'no bridge guard to remove'));
  await keep({
    ...{ backend, fault, stateDir, log, signal, port: options.rule().port },
    onSet: () => forgetUnled(options.tools, endpointsOf(options.rule())),
    warnings: () => findWarnings(backend, options.rule(), options.tools),
    guard: antiSpoof === 'off' ? null : { kept: guard, isRequired: antiSpoof === 'required' },
  });
}

/**
 * The first packet filter that takes the rule and then has it; when none does, the preferred one and what
 * it said. What one has taken that failed is cleared away once another holds the rule, not before: a
 * rule of a former run may stand there, without which pods would reach the real service meanwhile.
 */
export async function setFirst(
  backends: AsyncIterable<Backend>,
  log: Log,
): Promise<{ backend: Backend; fault: string | null }> {
  const failed: { backend: Backend; fault: string }[] = [];
  for await (const backend of backends) {
    const fault = await backend.assert().then(() => backend.check(), messageOf);
    if (fault !== null) {
      log.warn({ backend: backend.name, why: fault }, 'packet filter does not take the redirect');
      failed.push({ backend, fault });
      continue;
    }
    for (const { backend: other } of failed)
      await other
        .remove()
        .catch((error: unknown) =>
          log.warn({ backend: other.name, why: messageOf(error) }, 'cannot clear what it has taken'),
        );
    return { backend, fault: null };
  }
  return failed[0]!;
}

/** An address that can be bound to is one of this machine's. */
function isOwnAddress(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', () => resolve(false));
    socket.bind(0, address, () => socket.close(() => resolve(true)));
  });
}
