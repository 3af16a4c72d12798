// The daemon as a program: reads its flags, runs until it is told to stop, and says how it ended.
import { DAEMON_FLAGS, parseDaemonFlags } from '../model/daemon-flags.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { startDaemon } from './daemon.ts';
import { createLog, messageOf } from './log.ts';
import { readSettings } from './settings.ts';

/** @returns the exit code: 0 after SIGTERM or SIGINT, 2 for usage errors, 3 when it cannot listen */
export async function main(argv: readonly string[]): Promise<number> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  if (argv.includes('--help')) {
    process.stdout.write(help());
    return EXIT.ok;
  }
  try {
    const settings = readSettings(parseDaemonFlags(argv), process.env);
    const log = createLog(settings.logLevel);
    const stopped = stopSignal();
    const daemon = await startDaemon(settings, log);
    const signal = await stopped;
    log.info({ signal }, 'stopping');
    await daemon.close();
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(explainEnd(error));
    return error instanceof Problem ? error.exitCode : EXIT.defect;
  }
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

function explainEnd(error: unknown): string {
  if (!(error instanceof Problem))
    return `Error: the daemon ran into a defect of its own: ${messageOf(error)}\n`;
  const lines = [`Error: ${error.message}`];
  if (error.why) lines.push(`  Why:  ${error.why}`);
  if (error.next) lines.push(`  Next: ${error.next}`);
  return `${lines.join('\n')}\n`;
}

function help(): string {
  const lines = DAEMON_FLAGS.map(({ name, type, default: standard, summary }) => {
    const value = type === 'boolean' ? '' : standard === null ? '=VALUE' : `=${standard}`;
    return `  --${name}${value}\n      ${summary}`;
  });
  return `The metadata proxy of pod-iam.\n\n${lines.join('\n')}\n`;
}
