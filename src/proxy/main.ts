// The daemon as a program: reads its flags, runs until it is told to stop, and says how it ended.
import { DAEMON_FLAGS, parseDaemonFlags } from '../model/daemon-flags.ts';
import { CNI_RESULTS } from '../model/on-node.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { startDaemon } from './daemon.ts';
import { hostAddresses } from './host-addresses.ts';
import { createLog, type Log, messageOf } from './log.ts';
import { requireInterface } from './redirect/interface.ts';
import { keepRedirect } from './redirect/redirect.ts';
import { fenceOf, interceptedAddress } from './redirect/rule.ts';
import { nodeTools } from './redirect/tools.ts';
import { type DaemonSettings, readSettings } from './settings.ts';

/** @returns the exit code: 0 after SIGTERM or SIGINT, 2 for usage errors, 3 when it cannot listen */
export async function main(argv: readonly string[]): Promise<number> {
  // Node makes an error, and its stack, for each request that a broken connection leaves; no one sees them.
  Error.stackTraceLimit = 0;
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  if (argv.includes('--help')) {
    process.stdout.write(help());
    return EXIT.ok;
  }
  try {
    const settings = readSettings(parseDaemonFlags(argv), process.env);
    await run(settings, createLog(settings.logLevel));
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(explainEnd(error));
    return error instanceof Problem ? error.exitCode : EXIT.defect;
  }
}

async function run(settings: DaemonSettings, log: Log): Promise<void> {
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  if (settings.keepsRedirect) requireInterface(settings.hostInterface, settings.node ?? settings.hostIps[0]!);
  const daemon = await startDaemon(settings, log);
  try {
    const redirect = settings.keepsRedirect
      ? keepOwnRedirect(settings, daemon.address.port, log, stopping.signal)
      : stopped;
    await Promise.race([stopped, redirect]);
    log.info('stopping');
  } finally {
    stopping.abort();
    await daemon.close();
  }
}

/** kube2iam's --iptables: the rule is kept from within, and stays when the daemon goes. */
async function keepOwnRedirect(
  settings: DaemonSettings,
  port: number,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { hostIps, hostInterface, metadataHost, stateDir, node, containerAudience, antiSpoof } = settings;
  await keepRedirect({
    hostIps,
    rule: () => ({
      hosts: hostAddresses(hostIps),
      port,
      metadataAddress: interceptedAddress(metadataHost),
      hostInterface,
      containerCredentials: containerAudience !== null,
      fence: fenceOf(settings.fencesHostNetwork, settings.fenceExemptUsers, process.getuid?.()),
    }),
    tools: nodeTools({ entrance: [], env: process.env }),
    antiSpoof,
    cniResults: CNI_RESULTS,
    node: node ?? hostIps[0]!,
    stateDir,
    isRoot: process.getuid?.() === 0,
    log,
    signal,
  });
}

function explainEnd(error: unknown): string {
  if (!(error instanceof Problem))
    return `Error: the daemon ran into a defect of its own: ${messageOf(error)}\n`;
  const lines = [`Error: ${error.message}`];
  if (error.why) lines.push(`  Why:  ${error.why}`);
  lines.push(`  Next: ${error.next}`);
  return `${lines.join('\n')}\n`;
}

function help(): string {
  const lines = DAEMON_FLAGS.map(({ name, type, default: standard, summary }) => {
    const value = type === 'boolean' ? '' : standard === null ? '=VALUE' : `=${standard}`;
    return `  --${name}${value}\n      ${summary}`;
  });
  return `The metadata proxy of pod-iam.\n\n${lines.join('\n')}\n`;
}
