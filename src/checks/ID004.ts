// ID004: variables that lead an SDK to other container credentials win over the annotation: those of EKS
// Pod Identity, which a webhook puts into the pods alone, those of a sidecar, or ones that nobody answers.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
import { isNodeEndpoint, readAsking, URI_VARIABLES } from '../model/container-ask.ts';
import { EKS_AUDIENCE } from '../model/container-credentials.ts';
import { type Finding, pass, warn } from '../model/finding.ts';
import {
  type ContainerFact,
  type Fact,
  knownOr,
  type PodFact,
  type PodTemplateFact,
  type ProxyInstall,
  type Snapshot,
  type WorkloadFact,
} from '../model/snapshot.ts';
import {
  annotatedWorkloads,
  clusterSubject,
  takesTokens,
  tokenAudience,
  unread,
  workloadSubject,
} from './shared.ts';

const expected = 'no variable leads its SDKs to other container credentials';
const why =
  'SDKs ask the container credentials of their variables before the metadata service, so the annotation says nothing there';

export function run(snapshot: Snapshot): Finding[] {
  const { workloads, pods } = snapshot;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected, why)];
  const holders = holdersOf(pods);
  return annotatedWorkloads(snapshot).map(({ workload }): Finding => {
    const of = workloadSubject(workload);
    const found = variablesOf(workload, holders);
    if (found === null && workload.source === null && pods.state === 'unknown')
      return unread(pods, of, expected, why);
    if (found === null) return pass(of, { expected, observed: 'there is none', why });
    const { template, where } = found;
    const verdict = judge(template, snapshot.proxy);
    if (verdict.isUnread && snapshot.proxy.state === 'unknown')
      return unread(snapshot.proxy, of, expected, why);
    const words = { expected, observed: `${verdict.observed} (${where})`, why };
    if (verdict.fix === null) return pass(of, words);
    return warn(of, { ...words, fix: { text: verdict.fix, command: null, patch: null } });
  });
}

/** The template that holds such variables: the workload's own, else that of one of its pods. */
function variablesOf(
  { id, template, source }: WorkloadFact,
  holders: ReadonlyMap<string, PodFact>,
): { template: PodTemplateFact; where: string } | null {
  if (hasVariables(template)) return { template, where: 'in its pod template' };
  const pod = source === null ? holders.get(id) : undefined;
  return pod ? { template: pod.template, where: `in its pod ${pod.name}, not in its template` } : null;
}

/** By workload: a pod that holds such variables, and is to stay. */
function holdersOf(pods: Snapshot['pods']): Map<string, PodFact> {
  const all = knownOr(pods, []);
  const isStaying = ({ phase, terminating }: PodFact) =>
    !terminating && (phase === 'Running' || phase === 'Pending');
  const holders = all.filter((pod) => isStaying(pod) && hasVariables(pod.template));
  return new Map(holders.map((pod) => [pod.workload, pod]));
}

const variable = ({ env }: ContainerFact, wanted: string) => env.find(({ name }) => name === wanted);

const hasVariables = (template: PodTemplateFact): boolean => readAsking(template).ask !== null;

interface Verdict {
  observed: string;
  /** Null: they lead to the annotated role all the same. */
  fix: string | null;
  /** It hangs on how the daemon is installed. */
  isUnread?: boolean;
}

function judge(template: PodTemplateFact, proxy: Fact<ProxyInstall | null>): Verdict {
  const winner = template.containers.find((one) => variable(one, 'AWS_WEB_IDENTITY_TOKEN_FILE'));
  if (winner)
    return {
      observed: `container credentials, and AWS_WEB_IDENTITY_TOKEN_FILE of the container ${winner.name}, which wins over them`,
      fix: 'keep the one that is meant: IRSA, container credentials or the annotation alone',
    };
  const ask = readAsking(template).ask!;
  if (!isNodeEndpoint(ask.url)) {
    const found = template.containers
      .flatMap((one) => URI_VARIABLES.map((name) => variable(one, name)))
      .find((one) => one !== undefined && (one.value ?? '') === ask.url)!;
    return {
      observed: `${found.name} is ${found.value ?? 'set from elsewhere'}, where no daemon of pod-iam answers`,
      fix: 'take the variable away, or the annotation, whichever is not meant',
    };
  }
  const audience = ask.token.kind === 'projected' ? ask.token.audience : null;
  const install = knownOr(proxy, null);
  const isOurs = takesTokens(install) && audience === tokenAudience(install);
  if (isOurs) return { observed: "its SDKs ask the daemon by their pod's token", fix: null };
  if (audience === EKS_AUDIENCE)
    return {
      observed: 'its SDKs ask the EKS Pod Identity agent first, and get the role of its association',
      fix: 'remove the association of its service account and restart its pods, or take the annotation away',
    };
  return {
    observed: `its SDKs ask ${ask.url}, and no daemon takes their token there`,
    fix: 'install pod-iam with --container-credentials and this audience, or take the variables away',
    isUnread: true,
  };
}
