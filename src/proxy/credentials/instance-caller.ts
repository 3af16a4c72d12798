// Who the daemon is by the word of its instance, as kube2iam finds it out: for where STS cannot be asked.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
import { parseArn } from '../../model/arn.ts';
import type { Imds } from '../imds.ts';

const IAM = '/latest/meta-data/iam/';

/**
 * The ARN of the instance's role session.
 * @throws Error when the instance has no role or does not say which
 */
export async function instanceCaller(imds: Imds): Promise<string> {
  const profile = JSON.parse(await read(imds, `${IAM}info`)) as { InstanceProfileArn?: unknown };
  const { partition, account } = parseArn(String(profile.InstanceProfileArn)) ?? {};
  const [role] = (await read(imds, `${IAM}security-credentials/`)).split('\n');
  if (!partition || !account || !role) throw new Error('the instance does not say which role it has');
  const instance = await read(imds, '/latest/meta-data/instance-id');
  return `arn:${partition}:sts::${account}:assumed-role/${role}/${instance}`;
}

async function read(imds: Imds, path: string): Promise<string> {
  const { status, body } = await imds.get(path);
  if (status !== 200) throw new Error(`the metadata service answered ${status} to ${path}`);
  return body.toString().trim();
}
