// How the command line finds the sandbox: by the files and variables by which it finds any cluster
// and account. Keys are in files alone, so that no secret is ever printed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REGION, type SandboxAccount } from './account.ts';

/** Variables that would lead the SDK or kubectl elsewhere. */
export const UNSET = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
] as const;

/** Writes the files and returns the variables that name them. */
export function writeClientFiles(
  folder: string,
  {
    kubeconfig,
    operator,
    awsUrl,
  }: { kubeconfig: string; operator: SandboxAccount['operator']; awsUrl: string },
): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { id, secret } = operator.key;
  return {
    KUBECONFIG: write('kubeconfig', kubeconfig),
    AWS_SHARED_CREDENTIALS_FILE: write(
      'aws-credentials',
      `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    ),
    AWS_CONFIG_FILE: write('aws-config', `[default]\nregion = ${REGION}\n`),
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: awsUrl,
  };
}
