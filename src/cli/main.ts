// The entry of the command line: hands the words to oclif and leaves no error without a next step.
import { execute } from '@oclif/core';
import { renderProblem } from './problems.ts';

export async function main(argv: string[]): Promise<void> {
  // The AWS SDK's notices on Node versions are not the user's business.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  try {
    await execute({ args: argv, dir: import.meta.url });
  } catch (error) {
    const { text, exitCode } = renderProblem(error, { debug: Boolean(process.env.DEBUG) });
    process.stderr.write(text);
    process.exitCode = exitCode;
  }
}
