// What is asked of IAM one call at a time; what takes several is in iam-reads.ts. The SDK's client for it
// is loaded with the first call.
import type { IAMClient, Role } from '@aws-sdk/client-iam';
import type { RoleFact } from '../model/snapshot.ts';
import type { Aws } from './aws.ts';
import type { AwsCall } from './errors.ts';
import { type Asking, readOidcProviders, readRolePolicies, simulateCalls } from './iam-reads.ts';

type IamCalls = Pick<
  Aws,
  | 'role'
  | 'roles'
  | 'roleNames'
  | 'user'
  | 'oidcProviders'
  | 'rolePolicies'
  | 'simulate'
  | 'profileRole'
  | 'trustPolicyQuota'
  | 'updateTrustPolicy'
>;

interface Iam {
  sdk: typeof import('@aws-sdk/client-iam');
  client: IAMClient;
}

export function iamCalls(asking: Asking, makeClient: (sdk: Iam['sdk']) => IAMClient): IamCalls {
  let made: IAMClient | null = null;
  const connect = async (): Promise<Iam> => {
    const sdk = await import('@aws-sdk/client-iam');
    made ??= makeClient(sdk);
    return { sdk, client: made };
  };

  /** Null for what IAM does not have. */
  const find = <T>(call: AwsCall, ask: (iam: Iam) => Promise<T | null>): Promise<T | null> =>
    asking(call, async () => {
      const iam = await connect();
      try {
        return await ask(iam);
      } catch (error) {
        if (error instanceof iam.sdk.NoSuchEntityException) return null;
        throw error;
      }
    });

  const listRoles = (): Promise<RoleFact[]> =>
    asking({ action: 'iam:ListRoles', subject: null, resource: '*' }, async () => {
      const { sdk, client } = await connect();
      const roles: RoleFact[] = [];
      for await (const page of sdk.paginateListRoles({ client, pageSize: 1000 }, {}))
        roles.push(...(page.Roles ?? []).map(roleFact));
      return roles;
    });

  return {
    role: (name) =>
      find(getRoleCall(name), async ({ sdk, client }) => {
        const { Role } = await client.send(new sdk.GetRoleCommand({ RoleName: name }));
        return Role ? roleFact(Role) : null;
      }),
    roles: () => listRoles(),
    roleNames: async () => (await listRoles()).map(({ name }) => name),
    user(name) {
      const call = { action: 'iam:GetUser', subject: `user ${name}`, resource: 'arn:aws:iam::*:user/*' };
      return find(call, async ({ sdk, client }) => {
        const { User } = await client.send(new sdk.GetUserCommand({ UserName: name }));
        return User ? { arn: User.Arn! } : null;
      });
    },
    async oidcProviders() {
      const { sdk, client } = await connect();
      return readOidcProviders(sdk, client, asking);
    },
    async rolePolicies(name) {
      const { sdk, client } = await connect();
      return readRolePolicies(sdk, client, asking, name);
    },
    async simulate(roleArn, actions, resources) {
      const { sdk, client } = await connect();
      return simulateCalls(sdk, client, asking, { roleArn, actions, resources });
    },
    profileRole(name) {
      const resource = 'arn:aws:iam::*:instance-profile/*';
      const call = { action: 'iam:GetInstanceProfile', subject: `instance profile ${name}`, resource };
      return find(call, async ({ sdk, client }) => {
        const input = { InstanceProfileName: name };
        const { InstanceProfile } = await client.send(new sdk.GetInstanceProfileCommand(input));
        return InstanceProfile?.Roles?.[0]?.Arn ?? null;
      });
    },
    trustPolicyQuota() {
      return asking({ action: 'iam:GetAccountSummary', subject: null, resource: '*' }, async () => {
        const { sdk, client } = await connect();
        const { SummaryMap } = await client.send(new sdk.GetAccountSummaryCommand({}));
        return SummaryMap?.['AssumeRolePolicySizeQuota' as keyof typeof SummaryMap] ?? null;
      });
    },
    updateTrustPolicy(roleName, document) {
      const call = { ...getRoleCall(roleName), action: 'iam:UpdateAssumeRolePolicy' };
      return asking(call, async () => {
        const { sdk, client } = await connect();
        const input = { RoleName: roleName, PolicyDocument: document };
        await client.send(new sdk.UpdateAssumeRolePolicyCommand(input));
      });
    },
  };
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
