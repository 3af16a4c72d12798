// The two containers of the daemon's pod, each with the least that its work needs: `proxy` has no
// privilege at all, `redirect` may change the node's packet filter and nothing else.
import { type DaemonValues, daemonArgs } from '../model/daemon-flags.ts';
import { splitHostPort } from '../model/daemon-values.ts';
import { CNI_RESULTS, STATE_DIR } from '../model/on-node.ts';
import type { InstallValues } from './values.ts';

const API_DIR = '/var/run/pod-iam/api';
const CODE_DIR = '/opt/pod-iam';
export const USER_ID = 65532;
/** Holds the value of --api-token, so that it stands in no DaemonSet. */
export const API_TOKEN_SECRET = 'pod-iam-api-token';

/** Filled in by the kubelet, unless given for all nodes alike. */
const perNode: DaemonValues = { node: '$(NODE_NAME)', 'host-ip': '$(HOST_IP)' };

export function proxyContainer(values: InstallValues): object {
  const daemon = daemonOf(values);
  const admin = splitHostPort(String(daemon['admin-addr'])) ?? { host: '127.0.0.1', port: 8182 };
  const probe = (path: string) => ({ httpGet: { host: admin.host, port: admin.port, path } });
  return {
    name: 'proxy',
    image: values.image,
    imagePullPolicy: 'IfNotPresent',
    command: command(values),
    args: daemonArgs(daemon),
    env: [
      ...smallHeap,
      { name: 'POD_IAM_API_DIR', value: API_DIR },
      fieldVariable('NODE_NAME', 'spec.nodeName'),
      fieldVariable('POD_NAME', 'metadata.name'),
      fieldVariable('POD_NAMESPACE', 'metadata.namespace'),
      fieldVariable('HOST_IP', 'status.hostIP'),
      ...(hasApiToken(values)
        ? [{ name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: API_TOKEN_SECRET, key: 'token' } } }]
        : []),
    ],
    ...(values.awsSecret !== null && { envFrom: [{ secretRef: { name: values.awsSecret } }] }),
    ports: [{ name: 'metadata', containerPort: Number(daemon['app-port']), protocol: 'TCP' }],
    readinessProbe: { ...probe('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
    // The process alone: never what lies behind it, which a restart would not mend.
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    // No CPU limit: throttling would cost the second that most SDKs wait.
    resources: { requests: { cpu: '25m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER_ID,
      runAsGroup: USER_ID,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      ...codeMounts(values),
      { name: 'api', mountPath: API_DIR, readOnly: true },
      { name: 'state', mountPath: STATE_DIR, readOnly: true },
    ],
  };
}

/** @param remove take the rule away and prove it, instead of keeping it */
export function redirectContainer(values: InstallValues, { remove }: { remove: boolean }): object {
  const daemon = daemonOf(values);
  // The line that proves the removal is of level info.
  const flags = ['host-ip', 'app-port', 'metadata-addr', 'host-interface'];
  const keeping = remove
    ? []
    : [...['container-credentials', 'fence-host-network', 'fence-exempt-users', 'anti-spoof', 'log-level']];
  const handedOn = [...flags, ...keeping]
    .filter((name) => daemon[name] !== null && daemon[name] !== undefined && daemon[name] !== false)
    .map((name) => (daemon[name] === true ? `--${name}` : `--${name}=${daemon[name]}`));
  return {
    name: 'redirect',
    image: values.redirectImage ?? values.image,
    imagePullPolicy: 'IfNotPresent',
    command: command(values),
    args: [
      'redirect',
      ...(remove ? ['--remove'] : []),
      ...handedOn,
      ...(values.redirectImage === null ? ['--host-root=/host'] : []),
      ...(isGuarding(values) && !remove ? [`--cni-results=${CNI_RESULTS}`] : []),
      `--state-dir=${STATE_DIR}`,
    ],
    env: [fieldVariable('NODE_NAME', 'spec.nodeName'), fieldVariable('HOST_IP', 'status.hostIP')],
    ...(remove && {
      readinessProbe: { exec: { command: ['cat', '/done/removed'] }, periodSeconds: 1, timeoutSeconds: 5 },
    }),
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '192Mi' } },
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      // The packet filter; chroot to the node's own tools; the key file's owner.
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW', 'SYS_CHROOT', 'CHOWN'] },
    },
    volumeMounts: [
      ...codeMounts(values),
      { name: 'state', mountPath: STATE_DIR },
      ...(values.redirectImage === null
        ? [
            { name: 'host', mountPath: '/host' },
            { name: 'host-usr', mountPath: '/host/usr', readOnly: true },
          ]
        : []),
      ...(isGuarding(values) && !remove ? [{ name: 'cni', mountPath: CNI_RESULTS, readOnly: true }] : []),
      ...(remove ? [{ name: 'done', mountPath: '/done' }] : []),
    ],
  };
}

/** Whether a container beside the daemon keeps the redirect rule. */
export const keepsRedirect = ({ daemon }: InstallValues): boolean => daemon.redirect !== 'external';

/** Whether the redirect ties addresses to ports of bridges, by what the network plugin has recorded. */
export const isGuarding = ({ daemon }: InstallValues): boolean => daemon['anti-spoof'] !== 'off';

export const hasApiToken = ({ daemon }: InstallValues): boolean => typeof daemon['api-token'] === 'string';

function daemonOf(values: InstallValues): DaemonValues {
  const given = Object.fromEntries(Object.entries(values.daemon).filter(([, value]) => value !== null));
  return {
    ...values.daemon,
    ...perNode,
    ...given,
    // That is the redirect container's work, by kube2iam's name for it.
    iptables: false,
    // Not `auto`: a daemon that starts before the first report must not be called ready.
    redirect: keepsRedirect(values) ? 'required' : 'external',
    // The CLI's own kubeconfig is no business of the daemon.
    kubeconfig: null,
    ...(hasApiToken(values) && { 'api-token': '$(API_TOKEN)' }),
  };
}

/**
 * glibc keeps what was freed, in an arena for each thread; this gives it back.
 * https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
 */
const smallHeap = [
  { name: 'MALLOC_ARENA_MAX', value: '1' },
  { name: 'MALLOC_MMAP_THRESHOLD_', value: '32768' },
  { name: 'MALLOC_TRIM_THRESHOLD_', value: '65536' },
];

const command = ({ delivery }: InstallValues): string[] => [
  'node',
  `${CODE_DIR}/${delivery === 'configmap' ? 'run' : 'proxy'}.cjs`,
];

const codeMounts = ({ delivery }: InstallValues): object[] =>
  delivery === 'configmap' ? [{ name: 'code', mountPath: CODE_DIR, readOnly: true }] : [];

const fieldVariable = (name: string, fieldPath: string): object => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});
