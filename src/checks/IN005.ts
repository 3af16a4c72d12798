// IN005: the daemon's service account must be allowed what its mode needs of the Kubernetes API.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
import { type Finding, fail, pass, subject } from '../model/finding.ts';
import { type RightFact, type Snapshot, unknownFact } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = "the daemon's service account may do what the daemon needs";
const why =
  'without its pods the daemon knows nobody and answers 404 to all; without events nobody hears why it refuses';

export function run(snapshot: Snapshot): Finding[] {
  const { proxy } = snapshot;
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject(snapshot), expected, why)];
  if (proxy.value === null) return [];
  const { namespace, daemonSet } = proxy.value;
  const of = subject('DaemonSet', daemonSet, { namespace });
  const rights = proxy.value.rights ?? unknownFact('the snapshot does not hold it', 'SubjectAccessReviews');
  if (rights.state === 'unknown') return [unread(rights, of, expected, why)];
  const missing = rights.value.filter(({ isAllowed }) => !isAllowed);
  const words = rights.value.map((right) => ({
    what: inWords(right),
    value: right.isAllowed ? 'yes' : 'no',
  }));
  if (missing.length === 0)
    return [pass(of, { expected, observed: `it may do all ${rights.value.length}`, why, evidence: words })];
  return [
    fail(of, {
      expected,
      observed: `it may not ${missing.map(inWords).join(', ')}`,
      why,
      evidence: words,
      fix: {
        text: 'put its ClusterRole right: install again, or add these rules',
        command: 'pod-iam install',
        patch: `rules:\n${rulesFor(missing).join('\n')}\n`,
      },
    }),
  ];
}

const inWords = ({ verb, resource }: RightFact): string => `${verb} ${resource}`;

function rulesFor(missing: readonly RightFact[]): string[] {
  const byResource = new Map<string, RightFact[]>();
  for (const right of missing) {
    const key = `${right.group}/${right.resource}`;
    byResource.set(key, [...(byResource.get(key) ?? []), right]);
  }
  return [...byResource.values()].map(
    (rights) =>
      `- {apiGroups: ["${rights[0]!.group}"], resources: [${rights[0]!.resource}], verbs: [${rights.map(({ verb }) => verb).join(', ')}]}`,
  );
}
