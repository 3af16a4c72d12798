// A diagnostic pod as an object: it passes the restricted Pod Security standard by construction, is
// owned by its run's ConfigMap so that nothing adopts it and garbage collection takes it, and ends by
// itself. https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
import type { KubeObject } from '../cluster/kube.ts';
import { METADATA_IPV4 } from '../model/on-node.ts';
import type { PlannedProbe } from './plan.ts';
import { probeScript, type ScriptInput } from './script.ts';

/** On every object of a run, with the run's id. */
export const RUN_LABEL = 'pod-iam.dev/run';
export const PROBE_CONTAINER = 'probe';
/** Multi-architecture, by digest: https://hub.docker.com/r/curlimages/curl */
export const DEFAULT_PROBE_IMAGE =
  'docker.io/curlimages/curl:8.17.0@sha256:935d9100e9ba842cdb060de42472c7ca90cfe9a7c96e4dacb55e79e560b3ff40';
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
const METADATA_URL = `http://${METADATA_IPV4}`;
const TOKEN_FOLDER = '/var/run/secrets/pod-iam.dev/probe';
/** Of a token that is good, and meant for somebody else. */
const OTHER_AUDIENCE = 'pod-iam.dev/nobody';
/** After this the kubelet ends the pod, whatever has become of us. */
const DEADLINE_SECONDS = 180;

export interface PodOptions {
  runId: string;
  image: string;
  /** STS endpoint as the daemon uses it, such as `https://sts.eu-west-1.amazonaws.com`. */
  stsEndpoint: string;
  region: string;
  /** Where pods ask for credentials; every SDK has it built in. */
  metadataUrl?: string;
}

export const podName = (runId: string, probeId: string): string => `pod-iam-probe-${runId}-${probeId}`;

/** The object that owns a run's pods in one namespace. */
export function runConfigMap(runId: string, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `pod-iam-run-${runId}`, namespace, labels: labels(runId) },
    data: { purpose: 'owns the diagnostic pods of one run of pod-iam; deleting it deletes them' },
  };
}

/** @param ownerUid of the run's ConfigMap; null for a dry run, when there is none yet */
export function probePod(probe: PlannedProbe, options: PodOptions, ownerUid: string | null): KubeObject {
  const owner = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: `pod-iam-run-${options.runId}`,
    uid: ownerUid ?? '',
    controller: true,
  };
  const tokens = tokenSources(probe);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(options.runId, probe.id),
      namespace: probe.namespace,
      labels: { ...labels(options.runId), 'pod-iam.dev/probe': probe.kind },
      annotations: { ...probe.annotations },
      ...(ownerUid === null ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      serviceAccountName: probe.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Never',
      activeDeadlineSeconds: DEADLINE_SECONDS,
      terminationGracePeriodSeconds: 0,
      tolerations: probe.tolerations,
      ...(probe.node === null ? {} : { affinity: pinnedTo(probe.node) }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: PROBE_CONTAINER,
          image: options.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', probeScript()],
          env: Object.entries(scriptInput(probe, options)).map(([name, value]) => ({ name, value })),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: {
            requests: { cpu: '10m', memory: '16Mi', 'ephemeral-storage': '4Mi' },
            limits: { cpu: '250m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
          },
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            ...(tokens.length === 0 ? [] : [{ name: 'tokens', mountPath: TOKEN_FOLDER, readOnly: true }]),
          ],
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: { sizeLimit: '8Mi' } },
        ...(tokens.length === 0 ? [] : [{ name: 'tokens', projected: { sources: tokens } }]),
      ],
    },
  };
}

const labels = (runId: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'pod-iam-probe',
  'app.kubernetes.io/managed-by': 'pod-iam',
  [RUN_LABEL]: runId,
});

// By affinity and not by nodeName, so that the scheduler still respects taints and free room.
const pinnedTo = (node: string): object => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
    },
  },
});

/** The workload's own token, as the kubelet makes it for this pod; and one that nobody there is to take. */
function tokenSources({ container }: PlannedProbe): { serviceAccountToken: object }[] {
  if (container === null || container.token.kind !== 'projected') return [];
  const { audience, expirationSeconds } = container.token;
  return [
    { serviceAccountToken: { path: 'own', expirationSeconds, ...(audience !== null && { audience }) } },
    { serviceAccountToken: { path: 'other', expirationSeconds: 600, audience: OTHER_AUDIENCE } },
  ];
}

function scriptInput(probe: PlannedProbe, options: PodOptions): ScriptInput {
  const hasToken = tokenSources(probe).length > 0;
  return {
    PROBE_KIND: probe.kind,
    PROBE_METADATA: (options.metadataUrl ?? METADATA_URL).replace(/\/+$/, ''),
    PROBE_OWN_ROLE: probe.expectedRole ?? '',
    PROBE_OTHER_ROLE: probe.otherRole,
    PROBE_STS: `${options.stsEndpoint.replace(/\/+$/, '')}/`,
    PROBE_REGION: options.region,
    PROBE_CONTAINER: probe.container?.url ?? '',
    PROBE_CONTAINER_TOKEN: hasToken ? `${TOKEN_FOLDER}/own` : '',
    PROBE_CONTAINER_OTHER: hasToken ? `${TOKEN_FOLDER}/other` : '',
  };
}
