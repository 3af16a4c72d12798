// The flags and the environment as one typed record, read once before anything listens.
import { hostname } from 'node:os';
import { expandPaths, splitList } from '../model/allow-paths.ts';
import { type DaemonValues, roleSettings } from '../model/daemon-flags.ts';
import { splitHostPort } from '../model/daemon-values.ts';
import { parseDuration } from '../model/duration.ts';
import { configuredEndpoint } from '../model/endpoint.ts';
import { METADATA_IPV4 } from '../model/on-node.ts';
import { usageProblem } from '../model/problem.ts';
import type { RoleSettings } from '../model/snapshot.ts';
import { type DockerSettings, dockerRoles, dockerSettings } from './docker-settings.ts';
import { canonicalAddress } from './who/address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type AntiSpoof = 'auto' | 'required' | 'off';

export interface DaemonSettings {
  /** Null: the node's addresses, else the loopback. */
  bind: string[] | null;
  port: number;
  adminHost: string;
  adminPort: number;
  /** Null: the pods of all nodes are watched. */
  node: string | null;
  /** At most one of each family, in the one spelling. */
  hostIps: string[];
  hostInterface: string | null;
  metadataHost: string;
  metadataPort: number;
  keepsRedirect: boolean;
  redirect: 'auto' | 'required' | 'external';
  antiSpoof: AntiSpoof;
  fencesHostNetwork: boolean;
  /** Ids with commas between. */
  fenceExemptUsers: string | null;
  stateDir: string;
  /** Key of the taint to lift; null for none. */
  startupTaint: string | null;
  api: {
    server: string | null;
    token: string | null;
    kubeconfig: string | null;
    insecure: boolean;
    /** Folder of token and ca.crt. */
    dir: string;
  };
  /** Null: callers are known from Kubernetes. */
  docker: DockerSettings | null;
  roles: RoleSettings;
  discoverBaseArn: boolean;
  discoverDefaultRole: boolean;
  stsEndpoint: string | null;
  region: string | null;
  sessionSeconds: number;
  sessionName: string;
  tokensRequired: boolean;
  allowPaths: string[];
  allowedHosts: string[];
  podWaitMs: number;
  announcedAddresses: boolean;
  /** Of the tokens by which pods are known at the container credentials endpoint; null when it is off. */
  containerAudience: string | null;
  logLevel: string;
  environment: Environment;
}

/** @throws Problem of kind usage for values that this release cannot serve. */
export function readSettings(values: DaemonValues, environment: Environment): DaemonSettings {
  const string = (name: string): string | null => (values[name] as string | null) || null;
  const list = (name: string): string[] => splitList(string(name) ?? '');
  const roles = roleSettings(values);
  const docker = dockerSettings(values, roles, environment);
  if (values['iptables'] === true && !string('host-ip'))
    throw usageProblem({
      code: 'USAGE',
      what: '--iptables needs --host-ip',
      why: 'the rule leads to that address',
      next: "give the node's own address as --host-ip (in a DaemonSet: status.hostIP)",
    });
  const node = string('node') ?? environment['NODE_NAME'] ?? (docker === null ? null : hostname());
  if (string('startup-taint') && node === null)
    throw usageProblem({
      code: 'USAGE',
      what: '--startup-taint needs --node',
      why: 'the taint is removed from that node',
      next: "give the node's name as --node (in a DaemonSet: spec.nodeName)",
    });
  const admin = splitHostPort(string('admin-addr')!)!;
  const metadataAddr = metadataAddress(string('metadata-addr')!, docker && environment['METADATA_URL']);
  const metadata = splitHostPort(metadataAddr) ?? { host: metadataAddr, port: 80 };
  return {
    bind: string('bind') ? list('bind').map(canonicalAddress) : null,
    port: Number(string('app-port')),
    adminHost: admin.host,
    adminPort: admin.port,
    node,
    hostIps: list('host-ip').map(canonicalAddress),
    hostInterface: string('host-interface'),
    metadataHost: metadata.host,
    metadataPort: metadata.port,
    keepsRedirect: values['iptables'] === true,
    redirect: redirectCare(values),
    fencesHostNetwork: values['fence-host-network'] === true,
    fenceExemptUsers: string('fence-exempt-users'),
    antiSpoof: string('anti-spoof') as AntiSpoof,
    stateDir: string('state-dir')!,
    startupTaint: string('startup-taint'),
    api: {
      server: string('api-server'),
      token: string('api-token'),
      kubeconfig: string('kubeconfig'),
      insecure: values['insecure'] === true,
      dir: environment['POD_IAM_API_DIR'] ?? '/var/run/secrets/kubernetes.io/serviceaccount',
    },
    docker,
    roles: docker === null ? roles : dockerRoles(roles, environment),
    discoverBaseArn:
      values['auto-discover-base-arn'] === true || (docker !== null && roles.baseRoleArn === null),
    discoverDefaultRole: values['auto-discover-default-role'] === true,
    stsEndpoint: string('sts-endpoint') ?? stsFromEnvironment(environment),
    region: string('region') || environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || null,
    sessionSeconds: Math.floor(parseDuration(string('session-duration')!)! / 1000),
    sessionName: string('session-name')!,
    tokensRequired: values['imds-tokens'] !== 'optional',
    allowPaths: expandPaths(list('allow-paths')),
    allowedHosts: list('allowed-hosts'),
    podWaitMs: parseDuration(string('pod-wait')!)!,
    announcedAddresses: values['announced-addresses'] === true,
    containerAudience:
      values['container-credentials'] === true ? string('container-credentials-audience') : null,
    logLevel: string('log-level')!,
    environment,
  };
}

function stsFromEnvironment(environment: Environment): string | null {
  const configured = configuredEndpoint('sts', environment);
  if (configured === null) return null;
  const { url, variable } = configured;
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw usageProblem({
    code: 'USAGE',
    what: `${variable} is not an endpoint`,
    why: `"${url}" must be an http or https URL`,
    next: `mend ${variable}, or give --sts-endpoint`,
  });
}

/** metadataproxy's variable where the flag has its default. */
function metadataAddress(flag: string, url: string | null | undefined): string {
  if (!url || flag !== METADATA_IPV4 || !URL.canParse(url)) return flag;
  return new URL(url).host;
}

function redirectCare(values: DaemonValues): DaemonSettings['redirect'] {
  if (values['redirect'] === 'required' || values['redirect'] === 'external') return values['redirect'];
  return values['iptables'] === true ? 'required' : 'auto';
}
