// The AWS SDK behind the interface of aws.ts: credentials and endpoints as the SDK finds them, and
// time-outs by which a machine without network learns so within seconds.
import type { IAMClient, Role } from '@aws-sdk/client-iam';
import { Problem } from '../model/problem.ts';
import type { RoleFact } from '../model/snapshot.ts';
import type { Aws } from './aws.ts';
import { type AwsCall, awsProblem } from './errors.ts';
import { readOidcProviders, readRolePolicies, simulateCalls } from './iam-reads.ts';

export interface AwsOptions {
  profile?: string | undefined;
  region?: string | undefined;
  /** For AWS_DEFAULT_REGION, which the AWS CLI reads and the SDK does not. */
  env?: Readonly<Record<string, string | undefined>>;
}

// STS is asked first and answers in well under a second: a network that swallows packets is known
// after two attempts. IAM throttles whoever reads many roles; the SDK waits between its attempts.
const stsLimits = { maxAttempts: 2, connectionTimeout: 2000, requestTimeout: 3000 };
const iamLimits = { maxAttempts: 5, connectionTimeout: 2000, requestTimeout: 10_000 };
/** Where IAM and STS are asked when no region is set anywhere. */
const fallbackRegion = 'us-east-1';

interface Iam {
  sdk: typeof import('@aws-sdk/client-iam');
  client: IAMClient;
}

/** Prepares the clients; asks AWS nothing yet, so that wrong credentials show at the first call. */
export async function connectAws(options: AwsOptions = {}): Promise<Aws> {
  const { STSClient, GetCallerIdentityCommand, AssumeRoleCommand } = await import('@aws-sdk/client-sts');
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const region = await findRegion(options, () => new STSClient(profile).config.region());
  const config = ({ maxAttempts, ...timeouts }: typeof stsLimits) => ({
    ...profile,
    region: region ?? fallbackRegion,
    maxAttempts,
    requestHandler: { ...timeouts, throwOnRequestTimeout: true },
  });
  const sts = new STSClient(config(stsLimits));
  let iam: IAMClient | null = null;
  const connectIam = async (): Promise<Iam> => {
    const sdk = await import('@aws-sdk/client-iam');
    iam ??= new sdk.IAMClient(config(iamLimits));
    return { sdk, client: iam };
  };

  async function asking<T>(call: AwsCall, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw awsProblem(error, call, options.profile ?? null);
    }
  }

  /** Null for what IAM does not have. */
  const findInIam = <T>(call: AwsCall, find: (iam: Iam) => Promise<T | null>): Promise<T | null> =>
    asking(call, async () => {
      const connected = await connectIam();
      try {
        return await find(connected);
      } catch (error) {
        if (error instanceof connected.sdk.NoSuchEntityException) return null;
        throw error;
      }
    });

  function listRoles(): Promise<RoleFact[]> {
    return asking({ action: 'iam:ListRoles', subject: null, resource: '*' }, async () => {
      const { sdk, client } = await connectIam();
      const roles: RoleFact[] = [];
      for await (const page of sdk.paginateListRoles({ client, pageSize: 1000 }, {}))
        roles.push(...(page.Roles ?? []).map(roleFact));
      return roles;
    });
  }

  return {
    region,
    caller() {
      const call = { action: 'sts:GetCallerIdentity', subject: null, resource: '*' };
      return asking(call, async () => {
        const { Arn = '', Account = '' } = await sts.send(new GetCallerIdentityCommand({}));
        return { arn: Arn, account: Account };
      });
    },
    role: (name) =>
      findInIam(getRoleCall(name), async ({ sdk, client }) => {
        const { Role } = await client.send(new sdk.GetRoleCommand({ RoleName: name }));
        return Role ? roleFact(Role) : null;
      }),
    roles: () => listRoles(),
    roleNames: async () => (await listRoles()).map(({ name }) => name),
    user(name) {
      const call = { action: 'iam:GetUser', subject: `user ${name}`, resource: 'arn:aws:iam::*:user/*' };
      return findInIam(call, async ({ sdk, client }) => {
        const { User } = await client.send(new sdk.GetUserCommand({ UserName: name }));
        return User ? { arn: User.Arn! } : null;
      });
    },
    async oidcProviders() {
      const { sdk, client } = await connectIam();
      return readOidcProviders(sdk, client, asking);
    },
    async rolePolicies(name) {
      const { sdk, client } = await connectIam();
      return readRolePolicies(sdk, client, asking, name);
    },
    async simulate(roleArn, actions, resources) {
      const { sdk, client } = await connectIam();
      return simulateCalls(sdk, client, asking, { roleArn, actions, resources });
    },
    async instances(instanceRegion, ids) {
      const { describeInstances } = await import('./ec2.ts');
      const credentials = sts.config.credentials;
      return asking({ action: 'ec2:DescribeInstances', subject: null, resource: '*' }, () =>
        describeInstances({ region: instanceRegion, env: options.env ?? {}, credentials }, ids),
      );
    },
    async nodeAccessEntries({ name, region: clusterRegion }) {
      const { readNodeEntries } = await import('./eks.ts');
      const { credentials } = sts.config;
      const to = { region: clusterRegion, env: options.env ?? {}, credentials };
      return readNodeEntries(to, name, asking);
    },
    profileRole(name) {
      const resource = 'arn:aws:iam::*:instance-profile/*';
      const call = { action: 'iam:GetInstanceProfile', subject: `instance profile ${name}`, resource };
      return findInIam(call, async ({ sdk, client }) => {
        const input = { InstanceProfileName: name };
        const { InstanceProfile } = await client.send(new sdk.GetInstanceProfileCommand(input));
        return InstanceProfile?.Roles?.[0]?.Arn ?? null;
      });
    },
    trustPolicyQuota() {
      return asking({ action: 'iam:GetAccountSummary', subject: null, resource: '*' }, async () => {
        const { sdk, client } = await connectIam();
        const { SummaryMap } = await client.send(new sdk.GetAccountSummaryCommand({}));
        return SummaryMap?.['AssumeRolePolicySizeQuota' as keyof typeof SummaryMap] ?? null;
      });
    },
    async tryRole(roleArn, externalId) {
      const call = { action: 'sts:AssumeRole', subject: roleArn, resource: roleArn };
      const input = {
        RoleArn: roleArn,
        RoleSessionName: 'pod-iam-proof',
        DurationSeconds: 900,
        ...(externalId !== null && { ExternalId: externalId }),
      };
      try {
        const { AssumedRoleUser } = await asking(call, () => sts.send(new AssumeRoleCommand(input)));
        return { session: AssumedRoleUser?.Arn ?? '' };
      } catch (error) {
        if (error instanceof Problem && error.code === 'AWS_DENIED')
          return { refused: error.why ?? error.message };
        throw error;
      }
    },
    updateTrustPolicy(roleName, document) {
      const call = { ...getRoleCall(roleName), action: 'iam:UpdateAssumeRolePolicy' };
      return asking(call, async () => {
        const { sdk, client } = await connectIam();
        const input = { RoleName: roleName, PolicyDocument: document };
        await client.send(new sdk.UpdateAssumeRolePolicyCommand(input));
      });
    },
  };
}

async function findRegion(options: AwsOptions, askSdk: () => Promise<string>): Promise<string | null> {
  const named = options.region ?? options.env?.['AWS_REGION'] ?? options.env?.['AWS_DEFAULT_REGION'];
  if (named) return named;
  try {
    return await askSdk();
  } catch {
    return null;
  }
}

const getRoleCall = (name: string): AwsCall => ({
  action: 'iam:GetRole',
  subject: `role ${name}`,
  resource: `arn:aws:iam::*:role/*`,
});

/** IAM sends the trust policy URL-encoded (RFC 3986); it is kept as it was saved. */
function roleFact(role: Role): RoleFact {
  return {
    arn: role.Arn!,
    name: role.RoleName!,
    path: role.Path!,
    roleId: role.RoleId!,
    trustPolicy: decodeURIComponent(role.AssumeRolePolicyDocument ?? ''),
    maxSessionSeconds: role.MaxSessionDuration ?? 3600,
    createdAtMs: role.CreateDate?.getTime() ?? null,
    boundary: role.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
  };
}
