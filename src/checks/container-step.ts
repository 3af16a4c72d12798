// Why a workload that asks by a token gets nothing at the container credentials endpoint, and what to
// change: the token, the daemon, or whatever refuses the role.
import { EKS_AUDIENCE } from '../model/container-credentials.ts';
import type { ProbeObservation } from '../model/observation.ts';
import { knownOr, type Snapshot } from '../model/snapshot.ts';
import { answerText } from './observed.ts';
import { takesTokens, tokenAudience } from './shared.ts';

export interface Step {
  observed: string;
  next: string;
  command: string | null;
}

/** Null: it was served. */
export function failingContainerStep(observation: ProbeObservation, snapshot: Snapshot): Step | null {
  const { container, expectedRole } = observation;
  if (!container || container.document.keyIdEnding !== null) return null;
  const { document, url, audience } = container;
  const words = document.body ? `, saying: ${document.body.trim()}` : '';
  const observed = `the container credentials at ${url}: ${answerText(document)}${words}`;
  // Text is all that SDKs show of an error here, so that is where the daemon says whose no it is.
  if (document.status === 403 && /^STS refused/.test(document.body ?? ''))
    return { observed, ...compareTrust(expectedRole) };
  return { observed, ...adviceOn(document.status, audience, snapshot) };
}

/** For a role that STS refuses to the daemon. */
export const compareTrust = (roleArn: string | null): { next: string; command: string | null } => ({
  next: 'compare the trust policy with the node identity',
  command:
    roleArn === null
      ? null
      : `pod-iam trust-policy explain --role ${roleArn.slice(roleArn.lastIndexOf('/') + 1)}`,
});

function adviceOn(
  status: number,
  audience: string | null,
  { proxy }: Snapshot,
): { next: string; command: string | null } {
  if (audience === EKS_AUDIENCE)
    return {
      next: 'see whether its service account has an association, and what the EKS Pod Identity agent of the node logs',
      command: 'kubectl logs -n kube-system -l app.kubernetes.io/name=eks-pod-identity-agent --tail 20',
    };
  const install = knownOr(proxy, null);
  if (status === 0 && install !== null && !takesTokens(install))
    return { next: 'let the daemon answer there', command: 'pod-iam upgrade --container-credentials' };
  if (status === 0)
    return {
      next: "see whether the node's daemon is ready and its redirect in place",
      command: 'pod-iam status',
    };
  if (status === 400)
    return {
      next: 'name the token in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, as pod-iam explain ID010 shows',
      command: null,
    };
  if (status === 401)
    return {
      next: `project the token for the audience ${tokenAudience(install)}; it is for ${audience ?? "the API server's own"}`,
      command: null,
    };
  return { next: 'read the Warning events of the pod, in which the daemon names its reason', command: null };
}
