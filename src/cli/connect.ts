// Connects a command to the cluster that its global flags and the environment name.
import { connectKube } from '../cluster/client.ts';
import type { Kube } from '../cluster/kube.ts';

/** @throws Problem NO_KUBECONFIG, BAD_KUBECONFIG or NO_CONTEXT; the first request is made by the first call */
export function connect(flags: {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
}): Promise<Kube> {
  const { kubeconfig, context, namespace } = flags;
  return connectKube({ kubeconfig, context, namespace, env: process.env });
}
