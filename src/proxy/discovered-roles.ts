// What of the role settings the daemon finds out by asking who it is itself: kube2iam's
// --auto-discover-base-arn and --auto-discover-default-role.
import { normaliseBaseArn } from '../model/arn.ts';
import type { RoleSettings } from '../model/snapshot.ts';
import type { DaemonSettings } from './settings.ts';

interface Own {
  partition: string;
  account: string;
  roleName: string | null;
}

type Discovering = Pick<DaemonSettings, 'roles' | 'discoverBaseArn' | 'discoverDefaultRole'> & {
  docker?: DaemonSettings['docker'];
};

/** The role settings of each moment; the same object until the daemon learns something new of itself. */
export function roleFinder(settings: Discovering, own: () => Own | null): () => RoleSettings {
  let basis: Own | null = null;
  let roles = discoveredRoles(settings, basis);
  return () => {
    const now = own();
    if (now !== basis) {
      basis = now;
      roles = discoveredRoles(settings, now);
    }
    return roles;
  };
}

/** The role settings once the daemon knows who it is itself; as they were while it does not. */
export function discoveredRoles(settings: Discovering, own: Own | null): RoleSettings {
  const { roles, docker, discoverBaseArn, discoverDefaultRole } = settings;
  if (own === null || !(discoverBaseArn || discoverDefaultRole)) return roles;
  const account = docker?.defaultAccount ?? own.account;
  return {
    ...roles,
    baseRoleArn: roles.baseRoleArn ?? normaliseBaseArn(`arn:${own.partition}:iam::${account}:role/`),
    ...(roles.accounts && {
      accounts: { ...roles.accounts, partition: roles.accounts.partition ?? own.partition },
    }),
    defaultRole: discoverDefaultRole ? own.roleName : roles.defaultRole,
  };
}
