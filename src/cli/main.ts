// The entry of the command line: settles colour before anything looks at it, and leaves no error
// without a next step. What only errors need is loaded for them alone: every file costs at each start.
import { settleColour } from './colour.ts';

/**
 * @param argv the words after the program's name
 * @param root a file or folder in the package whose commands are run; our own by default
 */
export async function main(argv: string[], root?: string): Promise<void> {
  // The AWS SDK's notices on Node versions are not the user's business.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // bin/run.js has looked at the version already, and oclif's own look takes 5 ms.
  process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
  process.on('uncaughtException', (error) => {
    void fail(error, argv).finally(() => process.exit());
  });
  settleColour(process.env, argv);
  // Loaded after colour is settled: oclif's own packages look at the environment as they load.
  const { runWords } = await import('./run.ts');
  try {
    process.exitCode = (await runWords(argv, root)) ?? process.exitCode;
  } catch (error) {
    await fail(error, argv);
  }
}

async function fail(error: unknown, argv: readonly string[]): Promise<void> {
  process.exitCode = 70;
  const { renderProblem } = await import('./problems.ts');
  const { printedJson } = await import('../model/printed-json.ts');
  const { errorJson, wantsJson } = await import('./json.ts');
  const { text, exitCode } = renderProblem(error, { debug: Boolean(process.env.DEBUG) });
  if (wantsJson(argv)) process.stdout.write(`${printedJson(errorJson(error, exitCode))}\n`);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
