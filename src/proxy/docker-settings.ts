// What --source docker means: where the engine is, and metadataproxy's own variables, so that its users
// can start this daemon in the same environment.
// https://github.com/lyft/metadataproxy/blob/master/metadataproxy/settings.py
import { isAccountId, parseRoleArn } from '../model/arn.ts';
import type { DaemonValues } from '../model/daemon-flags.ts';
import {
  DOCKER_EXTERNAL_ID_KEY,
  DOCKER_ROLE_KEY,
  readAccountMap,
  type WishKeys,
} from '../model/docker-role.ts';
import { usageProblem } from '../model/problem.ts';
import type { RoleSettings } from '../model/snapshot.ts';
import type { Environment } from './settings.ts';

export interface DockerSettings {
  /** As given: a socket or URL. */
  host: string;
  keys: WishKeys;
  /** Account of bare role names; null: the daemon's own. */
  defaultAccount: string | null;
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** Flags that only Kubernetes gives a meaning. */
const KUBERNETES_ONLY = [
  'namespace-restrictions',
  'container-credentials',
  'announced-addresses',
  'startup-taint',
  'kubeconfig',
  'api-server',
  'api-token',
];

/** Variables that tell metadataproxy who a caller is by other means than the engine. */
const NOT_HERE = ['ROLE_MAPPING_FILE', 'ROLE_REVERSE_LOOKUP', 'MOCK_API', 'MESOS_STATE_LOOKUP'];

/**
 * Null for --source kubernetes.
 * @param roles as the flags say
 * @throws Problem of kind usage for flags that do not go with it, and for bad values of the variables
 */
export function dockerSettings(
  values: DaemonValues,
  roles: RoleSettings,
  environment: Environment,
): DockerSettings | null {
  if (values['source'] !== 'docker') return refuseDockerHost(values);
  const odd = KUBERNETES_ONLY.find((name) => values[name]);
  if (odd)
    throw usageProblem({
      code: 'USAGE',
      what: `--${odd} has no meaning with --source docker`,
      why: 'a Docker engine knows neither namespaces nor nodes nor service accounts',
      next: `leave out --${odd}`,
    });
  const other = NOT_HERE.find((name) => isOn(environment[name]));
  if (other)
    throw badVariable(other, environment[other]!, 'callers are known from the Docker engine alone here');
  const sessionKey = environment['ROLE_SESSION_KEY'] || null;
  if (sessionKey !== null && !/^(?:Env|Labels):./.test(sessionKey))
    throw badVariable('ROLE_SESSION_KEY', sessionKey, 'it reads like Env:NAME or Labels:NAME');
  const account = environment['DEFAULT_ACCOUNT_ID'] || null;
  if (account !== null && !isAccountId(account))
    throw badVariable('DEFAULT_ACCOUNT_ID', account, 'an account id has 12 digits');
  const given = (values['docker-host'] as string | null) || null;
  return {
    host: given ?? (environment['DOCKER_HOST'] || environment['DOCKER_URL'] || DEFAULT_HOST),
    keys: { roleKey: roles.roleKey, externalIdKey: roles.externalIdKey, sessionKey },
    defaultAccount: account,
  };
}

/** The variables' names in place of the annotation keys, and metadataproxy's settings where no flag is given. */
export function dockerRoles(roles: RoleSettings, environment: Environment): RoleSettings {
  const map = environment['AWS_ACCOUNT_MAP'] || '{}';
  const byName = readAccountMap(map);
  if (byName === null)
    throw badVariable('AWS_ACCOUNT_MAP', map, 'it is a JSON object such as {"prod":"111122223333"}');
  const base = roles.baseRoleArn;
  return {
    ...roles,
    roleKey: DOCKER_ROLE_KEY,
    externalIdKey: DOCKER_EXTERNAL_ID_KEY,
    defaultRole: roles.defaultRole ?? (environment['DEFAULT_ROLE'] || null),
    accounts: { partition: base === null ? null : parseRoleArn(`${base}x`)!.partition, byName },
  };
}

function refuseDockerHost(values: DaemonValues): null {
  if (!values['docker-host']) return null;
  throw usageProblem({
    code: 'USAGE',
    what: '--docker-host needs --source docker',
    why: 'no engine is asked when callers are known from Kubernetes',
    next: 'add --source docker, or leave out --docker-host',
  });
}

/** As metadataproxy reads its switches. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && !['', '0', 'false', 'False'].includes(value);

const badVariable = (name: string, value: string, why: string): Error =>
  usageProblem({
    code: 'USAGE',
    what: `the variable ${name} is "${value}"`,
    why,
    next: `mend or unset ${name}`,
  });
