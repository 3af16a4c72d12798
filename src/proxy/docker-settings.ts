// What --source docker means: where the engine is, and metadataproxy's own variables, so that its users
// can start this daemon in the same environment.
// https://github.com/lyft/metadataproxy#configuration
import { normaliseBaseArn } from '../model/arn.ts';
import type { DaemonValues } from '../model/daemon-flags.ts';
import {
  DOCKER_EXTERNAL_ID_KEY,
  DOCKER_ROLE_KEY,
  type DockerAccounts,
  partitionOf,
  readAccountMap,
  readDockerRole,
} from '../model/docker-role.ts';
import { usageProblem } from '../model/problem.ts';
import type { RoleSettings } from '../model/snapshot.ts';
import type { Environment } from './settings.ts';

export interface DockerSettings {
  /** Null: DOCKER_HOST, else the usual socket. */
  host: string | null;
  accounts: DockerAccounts;
  /** metadataproxy's ROLE_SESSION_KEY. */
  sessionKey: string | null;
}

/** Flags that only Kubernetes gives a meaning. */
const KUBERNETES_ONLY = [
  'namespace-restrictions',
  'container-credentials',
  'startup-taint',
  'kubeconfig',
  'api-server',
];

/**
 * Null for --source kubernetes.
 * @throws Problem of kind usage for flags that do not go with it, and for bad values of the variables
 */
export function dockerSettings(
  values: DaemonValues,
  environment: Environment,
  region: string | null,
): DockerSettings | null {
  if (values['source'] !== 'docker') return null;
  const odd = KUBERNETES_ONLY.find((name) => values[name]);
  if (odd)
    throw usageProblem({
      code: 'USAGE',
      what: `--${odd} has no meaning with --source docker`,
      why: 'a Docker engine knows neither namespaces nor nodes nor service accounts',
      next: `leave out --${odd}`,
    });
  const sessionKey = environment['ROLE_SESSION_KEY'] || null;
  if (sessionKey !== null && !/^(?:Env|Labels):./.test(sessionKey))
    throw badVariable('ROLE_SESSION_KEY', sessionKey, 'it reads like Env:NAME or Labels:NAME');
  const map = environment['AWS_ACCOUNT_MAP'] || '{}';
  const byName = readAccountMap(map);
  if (byName === null)
    throw badVariable('AWS_ACCOUNT_MAP', map, 'it is a JSON object such as {"prod":"111122223333"}');
  return {
    host: (values['docker-host'] as string | null) || null,
    accounts: { partition: partitionOf(region), byName },
    sessionKey,
  };
}

/** The variables' names in place of the annotation keys, and metadataproxy's defaults where no flag is given. */
export function dockerRoles(
  roles: RoleSettings,
  { accounts }: DockerSettings,
  environment: Environment,
): RoleSettings {
  const account = environment['DEFAULT_ACCOUNT_ID'] || null;
  if (account !== null && !/^\d{12}$/.test(account))
    throw badVariable('DEFAULT_ACCOUNT_ID', account, 'an account id has 12 digits');
  const wanted = environment['DEFAULT_ROLE'] || null;
  const fallback = wanted === null ? null : readDockerRole(wanted, accounts);
  if (fallback?.fault) throw badVariable('DEFAULT_ROLE', wanted!, fallback.fault);
  return {
    ...roles,
    roleKey: DOCKER_ROLE_KEY,
    externalIdKey: DOCKER_EXTERNAL_ID_KEY,
    baseRoleArn:
      roles.baseRoleArn ??
      (account === null ? null : normaliseBaseArn(`arn:${accounts.partition}:iam::${account}:role/`)),
    defaultRole: roles.defaultRole ?? fallback?.role ?? null,
  };
}

const badVariable = (name: string, value: string, why: string): Error =>
  usageProblem({
    code: 'USAGE',
    what: `the variable ${name} is "${value}"`,
    why,
    next: `mend or unset ${name}`,
  });
