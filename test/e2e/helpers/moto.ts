// moto as the STS and IAM of the suite: not our code, with signatures and policies enforced. Where it
// differs from AWS the suite stays away: the caller is an IAM user (moto compares a role session's ARN
// literally), trust policies name that user, and both sides allow.
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { startMotoServer } from './moto-server.ts';
import { settings } from './settings.ts';

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Moto {
  url: string;
  /** Whom the daemons are: may assume the suite's roles and nothing else. */
  nodeArn: string;
  nodeKeys: Keys;
  /** Who may do everything; for the command line. */
  adminKeys: Keys;
  roleArn(name: string): string;
  setTrust(roleName: string, principalArn: string): Promise<void>;
  /** Principals of the role's trust policy, in its order. */
  trusted(roleName: string): Promise<string[]>;
  stop(): void;
}

/** The account that moto speaks for. */
export const MOTO_ACCOUNT = '123456789012';

/** @param host an address of this machine, by default the one that the cluster's pods can reach */
export async function startMoto(roleNames: string[], host = settings.host): Promise<Moto> {
  const { url, stop } = await startMotoServer(settings.moto, host);
  const free = client(url, { accessKeyId: 'AKIABOOTSTRAP', secretAccessKey: 'bootstrap' });
  const roleArn = (name: string): string => `arn:aws:iam::${MOTO_ACCOUNT}:role/${name}`;
  const node = await user(free, 'node', ['sts:AssumeRole'], roleNames.map(roleArn));
  const admin = await user(free, 'admin', ['*'], ['*']);
  for (const name of roleNames) {
    await free.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust(node.arn) }));
  }
  await user(free, 'someone-else', ['sts:AssumeRole'], ['*']);
  // From here on every call's signature and policies are checked.
  await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  const asAdmin = client(url, admin.keys);
  return {
    url,
    nodeArn: node.arn,
    nodeKeys: node.keys,
    adminKeys: admin.keys,
    roleArn,
    async setTrust(roleName, principalArn) {
      await asAdmin.send(
        new UpdateAssumeRolePolicyCommand({ RoleName: roleName, PolicyDocument: trust(principalArn) }),
      );
    },
    async trusted(roleName) {
      const { Role } = await asAdmin.send(new GetRoleCommand({ RoleName: roleName }));
      const { Statement } = JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)) as {
        Statement: { Principal: { AWS: string } }[];
      };
      return Statement.map(({ Principal }) => Principal.AWS);
    },
    stop,
  };
}

const client = (endpoint: string, credentials: Keys): IAMClient =>
  new IAMClient({ endpoint, region: 'us-east-1', credentials });

const trust = (principal: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }],
  });

async function user(
  iam: IAMClient,
  name: string,
  actions: string[],
  resources: string[],
): Promise<{ arn: string; keys: Keys }> {
  const created = await iam.send(new CreateUserCommand({ UserName: name }));
  const policy = await iam.send(
    new CreatePolicyCommand({
      PolicyName: `${name}-may`,
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: actions, Resource: resources }],
      }),
    }),
  );
  await iam.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn: policy.Policy!.Arn! }));
  const key = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return {
    arn: created.User!.Arn!,
    keys: { accessKeyId: key.AccessKey!.AccessKeyId!, secretAccessKey: key.AccessKey!.SecretAccessKey! },
  };
}

export async function until(
  condition: () => Promise<boolean>,
  timeoutMs: number,
  what: string,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await condition().catch(() => false)) return;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
