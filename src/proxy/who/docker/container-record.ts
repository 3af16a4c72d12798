// What the daemon keeps of a Docker container, in the form in which it keeps pods: the container's id is
// its UID, and what it says of its role stands where a pod's annotations do.
// https://docs.docker.com/reference/api/engine/version/v1.43/#tag/Container/operation/ContainerInspect
import { SESSION_NAME_KEY } from '../../../model/annotations.ts';
import { type DockerAccounts, readDockerWish } from '../../../model/docker-role.ts';
import { canonicalAddress } from '../address.ts';
import type { PodRecord } from '../pod-record.ts';

/** Stands where a pod has its namespace, in logs and session names. */
export const DOCKER_NAMESPACE = 'docker';

export interface RecordSettings {
  accounts: DockerAccounts;
  sessionKey: string | null;
  /** Where `decideRole` looks for the role and the external id. */
  roleKey: string;
  externalIdKey: string;
}

interface Inspected {
  Id?: string;
  Name?: string;
  Created?: string;
  Config?: { Env?: string[] | null; Labels?: Record<string, string> | null };
  HostConfig?: { NetworkMode?: string };
  State?: { Running?: boolean; StartedAt?: string };
  NetworkSettings?: Endpoint & { Networks?: Record<string, Endpoint> | null };
}

interface Endpoint {
  IPAddress?: string;
  GlobalIPv6Address?: string;
}

/** Reads a container as the engine shows it; null for what has no id. */
export function containerRecord(object: unknown, settings: RecordSettings): PodRecord | null {
  const {
    Id,
    Name = '',
    Config = {},
    HostConfig = {},
    State = {},
    NetworkSettings = {},
    Created,
  } = object as Inspected;
  if (!Id) return null;
  const wish = readDockerWish(
    { env: variables(Config.Env ?? []), labels: Config.Labels ?? {} },
    settings.accounts,
    settings.sessionKey,
  );
  const mode = HostConfig.NetworkMode ?? '';
  const endpoints = [NetworkSettings, ...Object.values(NetworkSettings.Networks ?? {})];
  // A container in the network of another has its address; the one that owns it answers.
  const own = mode.startsWith('container:') ? [] : endpoints;
  const addresses = own
    .flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address])
    .filter((address): address is string => Boolean(address));
  return {
    kind: 'container',
    uid: Id,
    namespace: DOCKER_NAMESPACE,
    name: Name.replace(/^\//, ''),
    node: null,
    serviceAccount: '',
    addresses: [...new Set(addresses.map(canonicalAddress))],
    isEarly: false,
    hostNetwork: mode === 'host',
    mountsToken: false,
    isFinished: State.Running !== true,
    isTerminating: false,
    createdAtMs: Date.parse(State.StartedAt ?? Created ?? '') || 0,
    annotations: {
      ...(wish.role !== null && { [settings.roleKey]: wish.role }),
      ...(wish.externalId !== null && { [settings.externalIdKey]: wish.externalId }),
      ...(wish.sessionName !== null && { [SESSION_NAME_KEY]: wish.sessionName }),
    },
    roleFault: wish.fault,
  };
}

function variables(lines: readonly string[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (const line of lines) {
    const cut = line.indexOf('=');
    if (cut > 0) read[line.slice(0, cut)] = line.slice(cut + 1);
  }
  return read;
}
