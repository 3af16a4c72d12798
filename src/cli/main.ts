// The entry of the command line: settles colour before anything looks at it, and leaves no error
// without a next step.
import { EXIT } from '../model/problem.ts';
import { settleColour } from './colour.ts';
import { errorJson, wantsJson } from './json.ts';
import { renderProblem } from './problems.ts';

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
    fail(error, argv);
    process.exit(EXIT.defect);
  });
  settleColour(process.env, argv);
  // Loaded after colour is settled: oclif's own packages look at the environment as they load.
  const { runWords } = await import('./run.ts');
  try {
    process.exitCode = (await runWords(argv, root)) ?? process.exitCode;
  } catch (error) {
    fail(error, argv);
  }
}

function fail(error: unknown, argv: readonly string[]): void {
  const { text, exitCode } = renderProblem(error, { debug: Boolean(process.env.DEBUG) });
  if (wantsJson(argv)) process.stdout.write(`${JSON.stringify(errorJson(error, exitCode), null, 2)}\n`);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
