// Small pods of the suite: workloads, one-off scripts, and a look at a node's rules.
import { kubectl } from './run.ts';
import { settings } from './settings.ts';

export const NAMESPACE = 'pod-iam-e2e';

export async function createNamespace(): Promise<void> {
  await deleteNamespace();
  await kubectl(['create', 'namespace', NAMESPACE]);
  await kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted']);
}

export async function deleteNamespace(): Promise<void> {
  await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait']);
}

export const restricted = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A Deployment that only waits; with a role annotation when one is given. */
export async function deploy(name: string, role: string | null): Promise<void> {
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: {
          labels: { app: name },
          ...(role === null ? {} : { annotations: { 'iam.amazonaws.com/role': role } }),
        },
        spec: {
          terminationGracePeriodSeconds: 1,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: { app: name } },
            },
          ],
          containers: [
            {
              name: 'app',
              image: settings.curlImage,
              imagePullPolicy: 'IfNotPresent',
              command: ['sh', '-c', 'sleep 3600 & wait'],
              securityContext: restricted,
            },
          ],
        },
      },
    },
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
}

export const rolledOut = (name: string): Promise<string> =>
  kubectl(['-n', NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=180s']);

/** Runs one script in a pod of its own, and returns what it printed. */
export async function runInPod(
  name: string,
  options: { image: string; command: string[]; role?: string; node?: string },
): Promise<string> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      ...(options.role ? { annotations: { 'iam.amazonaws.com/role': options.role } } : {}),
    },
    spec: {
      restartPolicy: 'Never',
      ...(options.node ? { nodeName: options.node } : {}),
      containers: [
        {
          name: 'main',
          image: options.image,
          imagePullPolicy: 'IfNotPresent',
          command: options.command,
          securityContext: restricted,
        },
      ],
    },
  };
  return runToEnd(manifest);
}

/** Makes a pod, waits for its good end, and takes it away again; what it printed. */
export async function runToEnd(pod: {
  metadata: { name: string; namespace: string };
  [field: string]: unknown;
}): Promise<string> {
  const { name, namespace } = pod.metadata;
  await kubectl(['apply', '-f', '-'], JSON.stringify(pod));
  await kubectl([
    '-n',
    namespace,
    'wait',
    `pod/${name}`,
    '--for=jsonpath={.status.phase}=Succeeded',
    '--timeout=180s',
  ]);
  const output = await kubectl(['-n', namespace, 'logs', name]);
  await kubectl(['-n', namespace, 'delete', 'pod', name, '--now']);
  return output;
}

export async function nodeNames(): Promise<string[]> {
  return (await kubectl(['get', 'nodes', '-o', 'name']))
    .trim()
    .split('\n')
    .map((name) => name.replace('node/', ''));
}

/** The node's whole nftables ruleset, read with the node's own tools, as a person with root would. */
export async function rulesOf(node: string): Promise<string> {
  const name = `rules-${node}`;
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kube-system' },
    spec: {
      nodeName: node,
      hostNetwork: true,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'main',
          image: settings.nodeImage,
          imagePullPolicy: 'IfNotPresent',
          command: [
            'sh',
            '-c',
            'for l in lib lib64 bin sbin; do ln -s usr/$l /host/$l; done; unshare --root=/host -- /usr/sbin/nft list ruleset && echo "# end of ruleset"',
          ],
          securityContext: {
            runAsUser: 0,
            capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'SYS_CHROOT'] },
          },
          volumeMounts: [
            { name: 'host', mountPath: '/host' },
            { name: 'usr', mountPath: '/host/usr', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'host', emptyDir: {} },
        { name: 'usr', hostPath: { path: '/usr', type: 'Directory' } },
      ],
    },
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
  try {
    await kubectl([
      '-n',
      'kube-system',
      'wait',
      `pod/${name}`,
      '--for=jsonpath={.status.phase}=Succeeded',
      '--timeout=180s',
    ]);
    const rules = await kubectl(['-n', 'kube-system', 'logs', name]);
    if (!rules.includes('# end of ruleset'))
      throw new Error(`the ruleset of ${node} could not be read whole`);
    return rules;
  } finally {
    await kubectl(['-n', 'kube-system', 'delete', 'pod', name, '--now', '--ignore-not-found']);
  }
}
