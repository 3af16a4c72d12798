// What the daemon keeps of a Docker container, in the form in which it keeps pods: the container's id is
// its UID, and what it says of its role stands where a pod's annotations do.
// https://docs.docker.com/reference/api/engine/version/v1.43/#tag/Container/operation/ContainerInspect
import { SESSION_NAME_KEY } from '../../../model/annotations.ts';
import {
  DOCKER_EXTERNAL_ID_KEY,
  DOCKER_ROLE_KEY,
  readDockerWish,
  type WishKeys,
} from '../../../model/docker-role.ts';
import { canonicalAddress } from '../address.ts';
import type { PodRecord } from '../pod-record.ts';

/** Stands where a pod has its namespace, in logs and session names. */
const DOCKER_NAMESPACE = 'docker';

interface Inspected {
  Id?: string;
  Name?: string;
  Created?: string;
  Config?: { Env?: string[] | null; Labels?: Record<string, string> | null };
  HostConfig?: { NetworkMode?: string };
  State?: { Status?: string; Running?: boolean };
  NetworkSettings?: Endpoint & { Networks?: Record<string, Endpoint> | null };
}

interface Endpoint {
  IPAddress?: string;
  GlobalIPv6Address?: string;
}

/**
 * Reads a container as the engine shows it. One that is only created has no address yet, but may be given
 * its credentials ahead.
 * @returns null for one that has ended
 */
export function containerRecord(object: unknown, node: string | null, keys: WishKeys): PodRecord | null {
  const { Id, Name = '', Created = '', Config = {}, HostConfig = {}, State = {} } = object as Inspected;
  const isRunning = State.Running === true;
  if (!Id || !(isRunning || State.Status === 'created')) return null;
  const env = variables(Config.Env ?? []);
  const wish = readDockerWish({ env, labels: Config.Labels ?? {} }, keys);
  return {
    kind: 'container',
    uid: Id,
    namespace: DOCKER_NAMESPACE,
    name: Name.replace(/^\//, ''),
    node,
    serviceAccount: '',
    addresses: isRunning ? addressesOf(object as Inspected) : [],
    isEarly: false,
    hostNetwork: HostConfig.NetworkMode === 'host',
    mountsToken: false,
    isFinished: false,
    isTerminating: false,
    addressedAtMs: Date.parse(Created) || 0,
    annotations: {
      ...(wish.role !== null && { [DOCKER_ROLE_KEY]: wish.role }),
      ...(wish.externalId !== null && { [DOCKER_EXTERNAL_ID_KEY]: wish.externalId }),
      ...(wish.sessionName !== null && { [SESSION_NAME_KEY]: wish.sessionName }),
    },
  };
}

/**
 * Those of all its networks. A container in the network of another shares that one's: the owner of the
 * network answers for them, though podman shows them at both.
 */
function addressesOf({ HostConfig = {}, NetworkSettings = {} }: Inspected): string[] {
  if (/^(?:container|ns):|^host$/.test(HostConfig.NetworkMode ?? '')) return [];
  // Engines older than networks have one endpoint alone.
  const endpoints = [NetworkSettings, ...Object.values(NetworkSettings.Networks ?? {})];
  const all = endpoints.flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]);
  return [...new Set(all.filter((address) => address !== undefined && address !== ''))]
    .map((address) => canonicalAddress(address!))
    .sort();
}

function variables(lines: readonly string[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (const line of lines) {
    const cut = line.indexOf('=');
    if (cut > 0) read[line.slice(0, cut)] = line.slice(cut + 1);
  }
  return read;
}
