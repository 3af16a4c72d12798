// The DaemonSets: the daemon with its redirect on every Linux node, and the one that takes the rule
// away again from each.
import { BUNDLE_PREFIX, CLEANUP_NAME, NAME_LABEL, PROXY_NAME } from '../model/labels.ts';
import { CNI_RESULTS, STATE_DIR } from '../model/on-node.ts';
import type { Bundle } from './bundle.ts';
import { isGuarding, keepsRedirect, proxyContainer, redirectContainer, USER_ID } from './containers.ts';
import { type InstallValues, labelsOf, type Manifest } from './values.ts';

export function daemonSet(values: InstallValues, bundle: Bundle): Manifest {
  const containers = [
    proxyContainer(values),
    ...(keepsRedirect(values) ? [redirectContainer(values, { remove: false })] : []),
  ];
  return daemonSetOf(PROXY_NAME, values, {
    serviceAccountName: PROXY_NAME,
    terminationGracePeriodSeconds: 15,
    containers,
    volumes: [
      ...codeVolumes(values, bundle),
      { name: 'api', projected: { sources: apiSources, defaultMode: 0o444 } },
      ...nodeVolumes(values),
      ...(keepsRedirect(values) && isGuarding(values) ? [cniVolume] : []),
    ],
  });
}

/** Its pods become ready when the rule is gone and proven to be gone, and log one JSON line that says so. */
export function cleanupDaemonSet(values: InstallValues, bundle: Bundle): Manifest {
  return daemonSetOf(CLEANUP_NAME, values, {
    terminationGracePeriodSeconds: 2,
    containers: [redirectContainer(values, { remove: true })],
    volumes: [...codeVolumes(values, bundle), ...nodeVolumes(values), { name: 'done', emptyDir: {} }],
  });
}

function daemonSetOf(name: string, values: InstallValues, pod: object): Manifest {
  const labels = labelsOf(name, values.version);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: values.systemNamespace, labels },
    spec: {
      selector: { matchLabels: { [NAME_LABEL]: name } },
      // A node's pods cannot ask for their role while its daemon is replaced.
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: {
        metadata: { labels },
        spec: { ...everyNode, ...pod },
      },
    },
  };
}

const everyNode = {
  hostNetwork: true,
  // The node's resolver: STS must be found before the cluster's DNS is up.
  dnsPolicy: 'Default',
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  priorityClassName: 'system-node-critical',
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  // Fargate and virtual nodes run no DaemonSets.
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'eks.amazonaws.com/compute-type', operator: 'NotIn', values: ['fargate'] },
              { key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] },
            ],
          },
        ],
      },
    },
  },
  tolerations: [{ operator: 'Exists' }],
  securityContext: { fsGroup: USER_ID, seccompProfile: { type: 'RuntimeDefault' } },
};

/** What a service account token mount holds, without mounting one into the redirect container. */
const apiSources = [
  { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
];

const codeVolumes = ({ delivery }: InstallValues, { hash }: Bundle): object[] =>
  delivery === 'configmap'
    ? [{ name: 'code', configMap: { name: BUNDLE_PREFIX + hash, defaultMode: 0o444 } }]
    : [];

// Made where it is not: the runtime writes there with the node's first pod.
const cniVolume = { name: 'cni', hostPath: { path: CNI_RESULTS, type: 'DirectoryOrCreate' } };

const nodeVolumes = ({ redirectImage }: InstallValues): object[] => [
  { name: 'state', hostPath: { path: STATE_DIR, type: 'DirectoryOrCreate' } },
  ...(redirectImage === null
    ? [
        { name: 'host', emptyDir: {} },
        { name: 'host-usr', hostPath: { path: '/usr', type: 'Directory' } },
      ]
    : []),
];
