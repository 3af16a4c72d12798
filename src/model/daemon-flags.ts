// Every flag of the daemon, once: the daemon reads its own command line by this table, install and
// manifests take the same flags and hand them on, and the doctor reads them back from a DaemonSet.
// Names are kube2iam's where the meaning is the same (https://github.com/jtblin/kube2iam#options).
import { ALLOWED_ROLES_KEY, EXTERNAL_ID_KEY, ROLE_KEY } from './annotations.ts';
import { normaliseBaseArn } from './arn.ts';
import { CONTAINER_AUDIENCE, CONTAINER_IPV4, CONTAINER_PATH } from './container-credentials.ts';
import { type DaemonValues, valueFault } from './daemon-values.ts';
import { nearestName } from './nearest.ts';
import { APP_PORT, METADATA_IPV4, STATE_DIR } from './on-node.ts';
import { isOff, isOn } from './on-off.ts';
import { peerFlagHint } from './peer-flags.ts';
import { usageProblem } from './problem.ts';
import type { RoleSettings } from './snapshot.ts';

export type { DaemonValues } from './daemon-values.ts';

export interface DaemonFlag {
  name: string;
  type: 'string' | 'boolean';
  /** Null: not set, and nothing stands in for it but what the summary says. */
  default: string | boolean | null;
  summary: string;
  /** The only values that it takes. */
  options?: readonly string[];
}

const text = (
  name: string,
  standard: string | null,
  summary: string,
  options?: readonly string[],
): DaemonFlag => ({ name, type: 'string', default: standard, summary, ...(options && { options }) });
const onOff = (name: string, summary: string): DaemonFlag => ({
  name,
  type: 'boolean',
  default: false,
  summary,
});

export const DAEMON_FLAGS: readonly DaemonFlag[] = [
  text('app-port', APP_PORT, 'Port that answers the intercepted metadata requests.'),
  text(
    'bind',
    null,
    "Address to listen on, or two with a comma between. Default: the node's (see --host-ip), else 127.0.0.1.",
  ),
  text(
    'admin-addr',
    '127.0.0.1:8182',
    'Address and port of /healthz, /readyz, /metrics and /-/explain; never to be reached by pods.',
  ),
  text('node', null, 'Name of the node whose pods are served. Default: the environment variable NODE_NAME.'),
  text(
    'host-ip',
    null,
    'Address of the node, to which the redirect leads; or one of each family with a comma between. The other family, if not given, is that of the same interface, if it has one.',
  ),
  text(
    'host-interface',
    null,
    'Interface of the pods that the redirect matches: a name, a front with + behind it, or ! and one to leave out. Default: all.',
  ),
  text('metadata-addr', METADATA_IPV4, 'The real instance metadata service, as host or host:port.'),
  onOff('iptables', 'Keep the redirect rule from within this process; needs root and NET_ADMIN.'),
  text(
    'redirect',
    'auto',
    'Whether /readyz waits for the redirect rule. "required": until its keeper reports it in the state folder; "external": never, somebody else keeps it; "auto": with --iptables or once there is a report. An installed daemon has "required".',
    ['auto', 'required', 'external'],
  ),
  text(
    'startup-taint',
    null,
    'Key of a taint that the daemon removes from its node once pods are served there. Have the nodes register with it, and no pod starts on a new node before its daemon is ready. Needs Kubernetes 1.30.',
  ),
  onOff(
    'fence-host-network',
    "Keep the node's own processes, those of hostNetwork pods, from the real metadata service, unless root or the daemon runs them.",
  ),
  text(
    'fence-exempt-users',
    null,
    'Ids of more users that --fence-host-network lets through, comma-separated.',
  ),
  text(
    'anti-spoof',
    'auto',
    'Whether the redirect\'s keeper sees to it that, on Linux bridges, answers reach only the port that the asking address belongs to, so that no pod can take its neighbour\'s. "auto": where the kernel can; "required": /readyz waits for it; "off": never.',
    ['auto', 'required', 'off'],
  ),
  text('state-dir', STATE_DIR, "Folder of the session tokens' key and of the redirect's report."),
  text('api-server', null, "Kubernetes API server's URL. Default: that of the cluster this runs in."),
  text('api-token', null, 'Bearer token for --api-server. Default: the service account token.'),
  text('kubeconfig', null, 'Kubeconfig file to reach the API server with; wins over --api-server.'),
  onOff('insecure', "Do not verify the API server's certificate."),
  text(
    'base-role-arn',
    null,
    'What is put before a bare role name, such as arn:aws:iam::111122223333:role/.',
  ),
  onOff('auto-discover-base-arn', "Take the base ARN from the daemon's own identity."),
  text('default-role', null, 'Role of pods that carry no role annotation. Default: none, they get 404.'),
  onOff(
    'auto-discover-default-role',
    "Take the daemon's own role as default role and its account as base ARN.",
  ),
  text('iam-role-key', ROLE_KEY, 'Pod annotation that names the role.'),
  text('iam-external-id', EXTERNAL_ID_KEY, 'Pod annotation that names the external id.'),
  onOff('namespace-restrictions', "Serve only roles that the namespace's allow-list names."),
  text('namespace-restriction-format', 'glob', "How the allow-list's entries are read.", ['glob', 'regexp']),
  text('namespace-key', ALLOWED_ROLES_KEY, 'Namespace annotation that holds the allow-list.'),
  onOff('legacy-regexp', 'Let a regexp of the allow-list match anywhere in the ARN, as kube2iam does.'),
  text(
    'sts-endpoint',
    null,
    "STS endpoint. Default: AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL, else the region's.",
  ),
  text('region', null, "AWS region. Default: AWS_REGION, else the instance's."),
  text(
    'session-duration',
    '1h',
    'Lifetime of the credentials, 15m to 12h; a role session may ask for 1h at most.',
  ),
  text(
    'session-name',
    '{namespace}.{pod}',
    'Session name, from {namespace}, {pod}, {uid}, {node} and {role}; the annotation iam.amazonaws.com/session-name wins.',
  ),
  text('imds-tokens', 'required', 'Whether a GET needs a session token (IMDSv2).', ['required', 'optional']),
  text(
    'allow-paths',
    'default',
    'Metadata paths that are passed through: "default" (what tells nothing secret), "minimal" (placement, instance id, identity document), "all" (as kube2iam, but for user data and the signed identity), "none", and paths without version, * for anything, such as default,meta-data/tags/*. Credentials never are.',
  ),
  text('allowed-hosts', null, 'Host headers accepted besides the metadata address, comma-separated.'),
  text('pod-wait', '900ms', 'How long a request from an address not yet known waits for its pod.'),
  onOff(
    'announced-addresses',
    'Believe the address that Calico or the VPC CNI writes on a pod until the kubelet reports one, up to a second later. It counts where no other pod has or announces that address. See docs/announced-addresses.md before tenants may annotate pods.',
  ),
  onOff(
    'container-credentials',
    `Also answer ${CONTAINER_PATH} at ${CONTAINER_IPV4}, as the EKS Pod Identity agent does: a pod is known there by its service account token, whatever its address.`,
  ),
  text(
    'container-credentials-audience',
    CONTAINER_AUDIENCE,
    'Audience that those tokens must have; a token for the API server has another.',
  ),
  text(
    'source',
    'kubernetes',
    'Where the callers are known from: the pods of a node, or the containers of a Docker engine, by the variables and labels of metadataproxy.',
    ['kubernetes', 'docker'],
  ),
  text(
    'docker-host',
    null,
    'The engine for --source docker: unix:///PATH, tcp://HOST:PORT or https://HOST:PORT. Default: DOCKER_HOST, else unix:///var/run/docker.sock.',
  ),
  text('log-level', 'info', 'Least level that is logged.', [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ]),
];

/**
 * Reads a command line of `--flag=value`, `--flag value` and `--switch[=true|false]` words.
 * @returns every flag by name; what was not given has its default
 * @throws Problem of kind usage for unknown flags, stray words and values out of range
 */
export function parseDaemonFlags(argv: readonly string[]): DaemonValues {
  const values: Record<string, string | boolean | null> = { ...daemonDefaults() };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    if (!match) throw badFlag(`"${word}" is not a flag`);
    const [, name = '', inline] = match;
    const flag = DAEMON_FLAGS.find((known) => known.name === name);
    if (!flag) throw unknownFlag(name);
    if (flag.type === 'boolean') values[name] = readSwitch(name, inline ?? 'true');
    else if (inline !== undefined) values[name] = inline;
    else {
      const next = argv[++i];
      if (next === undefined || next.startsWith('--')) throw badFlag(`--${name} needs a value`);
      values[name] = next;
    }
  }
  checkDaemonValues(values);
  return values;
}

/** Every flag with its default. */
export function daemonDefaults(): DaemonValues {
  return Object.fromEntries(DAEMON_FLAGS.map((flag) => [flag.name, flag.default]));
}

/** Holds values from any source (flags, environment, file) to what the daemon accepts. Throws a usage Problem. */
export function checkDaemonValues(values: DaemonValues): void {
  for (const { name, default: standard, options } of DAEMON_FLAGS) {
    const value = values[name];
    if (typeof value !== 'string') continue;
    // As kube2iam's charts write what is not set.
    if (value === '' && standard === null) continue;
    if (options && !options.includes(value)) {
      const guess = nearestName(value, options);
      throw badFlag(
        `--${name} must be one of ${options.join(', ')}, not "${value}"${guess ? `; did you mean "${guess}"?` : ''}`,
      );
    }
    const fault = valueFault(name, value);
    if (fault) throw badFlag(`--${name} ${fault}, not "${value}"`);
  }
  for (const [one, other] of [
    ['base-role-arn', 'auto-discover-base-arn'],
    ['default-role', 'auto-discover-default-role'],
  ] as const) {
    if (values[one] && values[other]) throw badFlag(`--${one} and --${other} exclude each other`);
  }
}

/** The words that give a daemon these values, without those that are defaults anyway. */
export function daemonArgs(values: DaemonValues): string[] {
  const args: string[] = [];
  for (const { name, type, default: standard } of DAEMON_FLAGS) {
    const value = values[name];
    if (value === undefined || value === null || value === standard) continue;
    args.push(type === 'boolean' && value === true ? `--${name}` : `--${name}=${value}`);
  }
  return args;
}

/** The part by which a role is decided. The base ARN is null as well when the daemon finds it out itself. */
export function roleSettings(values: DaemonValues): RoleSettings {
  const string = (name: string): string | null => (values[name] as string | null | undefined) || null;
  const base = string('base-role-arn');
  return {
    roleKey: string('iam-role-key') ?? ROLE_KEY,
    externalIdKey: string('iam-external-id') ?? EXTERNAL_ID_KEY,
    baseRoleArn: base === null ? null : normaliseBaseArn(base),
    defaultRole: string('default-role'),
    namespaceRestrictions: values['namespace-restrictions'] === true,
    namespaceKey: string('namespace-key') ?? ALLOWED_ROLES_KEY,
    permitFormat: values['namespace-restriction-format'] === 'regexp' ? 'regexp' : 'glob',
    legacyRegexp: values['legacy-regexp'] === true,
  };
}

function readSwitch(name: string, value: string): boolean {
  if (isOn(value)) return true;
  if (isOff(value)) return false;
  throw badFlag(`--${name} is a switch: it takes =true or =false, not "${value}"`);
}

function unknownFlag(name: string): Error {
  const hint = peerFlagHint(name);
  if (hint !== null) return badFlag(`there is no flag --${name}; ${hint}`);
  const guess = nearestName(
    name,
    DAEMON_FLAGS.map((flag) => flag.name),
  );
  return badFlag(`there is no flag --${name}${guess ? `; did you mean --${guess}?` : ''}`);
}

const badFlag = (what: string): Error => usageProblem({ code: 'USAGE', what, next: 'pod-iam proxy --help' });
