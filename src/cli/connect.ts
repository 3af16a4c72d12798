// Connects a command to the cluster and to the AWS account that its global flags and the environment name.
import type { Aws } from '../aws/aws.ts';
import { connectKube } from '../cluster/client.ts';
import type { Kube } from '../cluster/kube.ts';
import { Problem } from '../model/problem.ts';

/** @throws Problem NO_KUBECONFIG, BAD_KUBECONFIG or NO_CONTEXT; the first request is made by the first call */
export function connect(flags: {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
}): Promise<Kube> {
  const { kubeconfig, context, namespace } = flags;
  return connectKube({ kubeconfig, context, namespace, env: process.env });
}

/** The same, with the Problem in place of what it keeps from being reached: for commands that go on without. */
export async function connectIfThere(flags: Parameters<typeof connect>[0]): Promise<Kube | Problem> {
  try {
    return await connect(flags);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'environment') return error;
    throw error;
  }
}

/** Asks AWS nothing yet: wrong credentials show at the first call. */
export async function connectToAws(flags: {
  profile?: string | undefined;
  region?: string | undefined;
}): Promise<Aws> {
  const { connectAws } = await import('../aws/clients.ts');
  const { profile, region } = flags;
  return connectAws({ profile, region, env: process.env });
}
