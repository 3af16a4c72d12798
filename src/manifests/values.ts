// What an installation is made of: the few choices about the pods, and the daemon's own flags.
import { type DaemonValues, daemonDefaults } from '../model/daemon-flags.ts';
import { MANAGED_LABEL, NAME_LABEL, PROXY_NAME, VERSION_LABEL } from '../model/labels.ts';
import { usageProblem } from '../model/problem.ts';

/** By tag, so that it gets Node's security fixes; give one by digest to pin it. */
export const DEFAULT_IMAGE = 'docker.io/library/node:22-slim';

export const DELIVERIES = ['configmap', 'image'] as const;

export interface InstallValues {
  systemNamespace: string;
  /** `configmap`: a stock Node image runs the bundle from a ConfigMap. `image`: the image holds it. */
  delivery: (typeof DELIVERIES)[number];
  image: string;
  /** Image with Node, nft and iptables of its own; null to use the node's tools. */
  redirectImage: string | null;
  /** Secret whose keys become the daemon's environment (AWS_ACCESS_KEY_ID…); null for the instance's identity. */
  awsSecret: string | null;
  daemon: DaemonValues;
  version: string;
}

/** An object for the API server. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

export function defaultValues(version: string): InstallValues {
  return {
    systemNamespace: 'pod-iam',
    delivery: 'configmap',
    image: DEFAULT_IMAGE,
    redirectImage: null,
    awsSecret: null,
    daemon: daemonDefaults(),
    version,
  };
}

/** @throws Problem of kind usage for choices that exclude each other or names that Kubernetes refuses */
export function checkValues(values: InstallValues): void {
  if (values.delivery === 'image' && values.image === DEFAULT_IMAGE) {
    throw usageProblem({
      code: 'USAGE',
      what: '--delivery image needs --image: an image that holds the daemon',
      next: 'pod-iam bundle --output DIR writes a Dockerfile for it',
    });
  }
  if (values.daemon['source'] === 'docker') {
    throw usageProblem({
      code: 'USAGE',
      what: '--source docker is not for a cluster',
      why: 'a DaemonSet knows its callers from Kubernetes',
      next: 'run it on a Docker host: pod-iam proxy --source docker',
    });
  }
  for (const [flag, name] of [
    ['--system-namespace', values.systemNamespace],
    ['--aws-secret', values.awsSecret],
  ] as const) {
    if (name !== null && !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) {
      throw usageProblem({
        code: 'USAGE',
        what: `${flag} must be a Kubernetes name (lower-case letters, digits and hyphens), not "${name}"`,
        next: `${flag} pod-iam`,
      });
    }
  }
}

export const labelsOf = (name: string, version: string): Record<string, string> => ({
  [NAME_LABEL]: name,
  [MANAGED_LABEL]: PROXY_NAME,
  [VERSION_LABEL]: version,
});
