// Runs the diagnostic pods' script as a container would: a shell, the environment, nothing else.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { probeScript, type ScriptInput } from '../../src/probe/script.ts';

/** What the script prints. @param shell such as `['dash']` or `['busybox', 'sh']` */
export async function runScript(
  input: Partial<ScriptInput>,
  shell: readonly string[] = ['sh'],
  env: Record<string, string> = {},
): Promise<string> {
  const [program = 'sh', ...words] = shell;
  const { stdout, stderr } = await promisify(execFile)(program, [...words, '-c', probeScript()], {
    env: {
      PATH: process.env.PATH,
      PROBE_KIND: 'identity',
      PROBE_OWN_ROLE: 'arn:aws:iam::111122223333:role/blue',
      PROBE_OTHER_ROLE: 'arn:aws:iam::111122223333:role/red',
      PROBE_REGION: 'eu-west-1',
      ...input,
      ...env,
    },
  });
  if (stderr !== '') throw new Error(`the script complained: ${stderr}`);
  return stdout;
}
