// What the demo looks at in the emulated world after each step. Each function returns what is proven,
// in sentences, or throws a StoryFault.
import { evaluateTrust } from '../../model/evaluate.ts';
import type { Report } from '../../model/finding.ts';
import { REDIRECT_TABLE } from '../../model/on-node.ts';
import { parsePolicy } from '../../model/policy.ts';
import { BASE_ROLE_ARN } from '../account.ts';
import { readRules } from '../node/namespace.ts';
import type { World } from '../world.ts';

export { ACCOUNT } from '../account.ts';

/** The story went otherwise: says what was expected and what was found. */
export class StoryFault extends Error {}

export const roleArn = (name: string): string => BASE_ROLE_ARN + name;

export function installed(world: World): string[] {
  const set = world.cluster.store.get('daemonsets.apps', 'pod-iam', 'pod-iam')?.['status'] as
    | { numberReady?: number }
    | undefined;
  expect(
    set?.numberReady === world.nodes.length,
    `${world.nodes.length} daemons ready`,
    `${set?.numberReady ?? 0}`,
  );
  for (const { name, folder } of world.nodes) {
    const tables = tablesOf(folder);
    expect(tables.includes(REDIRECT_TABLE), `the rule on ${name}`, tables.join(', ') || 'no rule');
  }
  return [
    `${world.nodes.length} daemons run, and the rule is in place on ${world.nodes.map(({ name }) => name).join(' and ')}`,
  ];
}

/** STS itself was asked by sessions of these roles, with signatures that it checked. */
export function provenBySts(world: World, roles: readonly string[]): string[] {
  const callers = world.aws.requests
    .filter(({ action, status }) => action === 'GetCallerIdentity' && status === 200)
    .map(({ callerArn }) => callerArn ?? '');
  for (const role of roles) {
    const isSeen = callers.some((arn) => arn.includes(`:assumed-role/${role}/shop.`));
    expect(isSeen, `a call to STS as role ${role}`, 'none');
  }
  return [`STS has seen pods of ${roles.length} workloads, each as its own role: ${roles.join(', ')}`];
}

export function workloads(
  { workloads: proofs = [] }: Report,
  { right, broken }: { right: readonly string[]; broken: readonly string[] },
): string[] {
  const names = (ok: boolean): string =>
    proofs
      .filter((proof) => proof.ok === ok)
      .map(({ workload }) => workload.split('/').at(-1)!)
      .sort()
      .join(', ');
  expect(names(true) === [...right].sort().join(', '), `proven: ${right.join(', ')}`, names(true) || 'none');
  expect(
    names(false) === [...broken].sort().join(', '),
    `not proven: ${broken.join(', ') || 'none'}`,
    names(false) || 'none',
  );
  if (broken.length === 0) return [];
  return [`verify tells the broken workload from the right ones: ${broken.join(', ')} gets no credentials`];
}

/** The finding names the role, and its corrected policy lets the nodes in by our evaluator of trust policies. */
export function diagnosed(
  { results }: Report,
  { role, nodeRole }: { role: string; nodeRole: string },
): string[] {
  const failed = results.filter(({ status }) => status === 'fail');
  const codes = failed.map(({ code, subject }) => `${code} ${subject.name}`).join(', ');
  expect(codes === `TP018 ${role}`, `one failure: TP018 ${role}`, codes || 'none');
  const parsed = parsePolicy(failed[0]!.fix?.patch ?? '');
  expect(parsed.ok, 'a corrected trust policy', 'none that can be read');
  const { decision, because } = evaluateTrust(
    (parsed as { policy: Parameters<typeof evaluateTrust>[0] }).policy,
    {
      caller: nodeRole,
      action: 'sts:AssumeRole',
      context: {},
      identityPolicies: 'silent',
    },
  );
  expect(decision === 'allow', 'a corrected trust policy that lets the nodes in', because);
  return ['doctor names the cause (TP018) and prints a trust policy that lets the nodes in'];
}

export function repaired(
  world: World,
  { role, nodeRole, kept }: { role: string; nodeRole: string; kept: string },
): string[] {
  const policy = world.aws.state.roles.find(({ name }) => name === role)!.trustPolicy;
  for (const arn of [nodeRole, kept])
    expect(policy.includes(`"${arn}"`), `${arn} in the trust policy`, policy);
  return [`the trust policy of ${role} in IAM lets the nodes in, and keeps what it said before`];
}

/** Who asked the nodes' own metadata services for credentials: only ever the nodes themselves. */
export function neverLeaked({ nodes }: World): string[] {
  const asked = nodes.flatMap(({ imds, hostIp }) =>
    imds.requests
      .filter(({ path, status }) => path.includes('security-credentials') && status === 200)
      .map(({ from }) => ({ from, isHost: from === hostIp })),
  );
  const others = asked.filter(({ isHost }) => !isHost).map(({ from }) => from);
  expect(asked.length > 0, 'the daemons to get the credentials of their node', 'no request');
  expect(others.length === 0, 'no pod to get the credentials of its node', others.join(', '));
  return [
    "no pod has got its node's own credentials: only the daemons asked the real metadata service for them",
  ];
}

export function nothingLeft({ nodes, cluster }: World): string[] {
  for (const { name, folder } of nodes) {
    const tables = tablesOf(folder);
    expect(tables.length === 0, `no rule on ${name}`, tables.join(', '));
  }
  const left = [...KINDS].flatMap((key) =>
    cluster.store
      .list(key)
      .filter(
        ({ metadata }) =>
          metadata.labels?.['app.kubernetes.io/managed-by'] === 'pod-iam' || metadata.namespace === 'pod-iam',
      )
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  );
  expect(left.length === 0, 'no object of pod-iam', left.join(', '));
  return ['after uninstall no rule is left on any node, and no object in the cluster'];
}

const KINDS = [
  ...['namespaces', 'pods', 'configmaps', 'secrets', 'serviceaccounts', 'daemonsets.apps'],
  ...['clusterroles.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io'],
  ...['roles.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io'],
];

const tablesOf = (nodeFolder: string): string[] =>
  readRules(nodeFolder).tables.map(({ family, name }) => `${family} ${name}`);

function expect(holds: boolean, expected: string, found: string): void {
  if (!holds) throw new StoryFault(`expected ${expected}; found ${found}`);
}
