// AN004: a pod on its node's network has its node's address, so the proxy cannot tell it apart there.
// By a service account token it can: at the container credentials endpoint.
import { CONTAINER_IPV4, CONTAINER_IPV6, CONTAINER_PATH } from '../model/container-credentials.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import type { PodTemplateFact, Snapshot } from '../model/snapshot.ts';
import { annotatedWorkloads, clusterSubject, takesTokens, unread, workloadSubject } from './shared.ts';

const expected = 'annotated pods have an address of their own, or are known by a token';
const why =
  "the redirect does not see a hostNetwork pod: it reaches the real endpoint and gets the node's role";

export function run(snapshot: Snapshot): Finding[] {
  const { workloads, proxy } = snapshot;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected)];
  return annotatedWorkloads(snapshot).map(({ workload, key, value }) => {
    const of = workloadSubject(workload);
    const { template } = workload;
    if (!template.hostNetwork) return pass(of, { expected, observed: 'hostNetwork is off', why });
    const annotation = `${key} is ${JSON.stringify(value ?? '')}`;
    const asks = asksByToken(template);
    if (asks && proxy.state === 'unknown') return unread(proxy, of, expected, why);
    if (asks && proxy.state === 'known' && takesTokens(proxy.value))
      return pass(of, {
        expected,
        observed: 'hostNetwork is on, and every container asks by its token',
        why,
      });
    return fail(of, {
      expected,
      observed: asks
        ? `hostNetwork is on, ${annotation}, and the daemon takes no tokens`
        : `hostNetwork is on, and ${annotation}`,
      why,
      fix: {
        text: asks
          ? 'install pod-iam with --container-credentials'
          : 'take hostNetwork away, or let the pod be known by its token (docs/container-credentials.md)',
        command: null,
        patch: null,
      },
    });
  });
}

const urls = [CONTAINER_IPV4, `[${CONTAINER_IPV6}]`].map((host) => `http://${host}${CONTAINER_PATH}`);

/** Whether an SDK in each of its containers asks the container credentials endpoint. */
function asksByToken({ containers }: PodTemplateFact): boolean {
  const lasting = containers.filter(({ kind }) => kind === 'container');
  return (
    lasting.length > 0 &&
    lasting.every(({ env }) =>
      env.some(
        ({ name, value }) =>
          name === 'AWS_CONTAINER_CREDENTIALS_FULL_URI' && value !== null && urls.includes(value),
      ),
    )
  );
}
