// Builds snapshots for tests: a small cluster in which all is well, to be spoilt in one place at a time.
import { rightsNeeded } from '../../src/model/daemon-rights.ts';
import type { Finding, Result } from '../../src/model/finding.ts';
import type { ContainerObservation, ProbeObservation } from '../../src/model/observation.ts';
import { DEFAULT_SETTINGS } from '../../src/model/role.ts';
import {
  type AwsFacts,
  type Fact,
  known,
  type NodeFact,
  type NodeRoleFact,
  type PodFact,
  type PodTemplateFact,
  type PolicyFact,
  type ProxyInstall,
  type RoleFact,
  type SimulatedCall,
  type Snapshot,
  unknownFact,
  type WorkloadFact,
} from '../../src/model/snapshot.ts';

export const ACCOUNT = '111122223333';
export const NODE_SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/nodes/i-0123456789abcdef0`;
export const NODE_ROLE = `arn:aws:iam::${ACCOUNT}:role/nodes`;
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** A fact that could not be read, with the grant that would let it. */
export const forbidden = (from: string): Fact<never> =>
  unknownFact('forbidden', from, { needs: from, snippet: `rule: ${from}` });

export const template = (more: Partial<PodTemplateFact> = {}): PodTemplateFact => ({
  annotations: {},
  labels: {},
  serviceAccount: 'default',
  hostNetwork: false,
  nodeSelector: {},
  tolerations: [],
  containers: [{ name: 'app', kind: 'container', image: 'example.com/app:1', env: [], mounts: [] }],
  ...more,
});

/** A Deployment in the namespace `apps`; with a role annotation when one is given. */
export function workload(
  name: string,
  role: string | null = null,
  more: Partial<Omit<WorkloadFact, 'template'>> & { template?: Partial<PodTemplateFact> } = {},
): WorkloadFact {
  const { template: rest = {}, ...fields } = more;
  const kind = fields.kind ?? 'Deployment';
  const namespace = fields.namespace ?? 'apps';
  return {
    kind,
    namespace,
    name,
    id: `${namespace}/${kind}/${name}`,
    annotations: {},
    source: null,
    ...fields,
    template: template({
      ...rest,
      annotations: { ...(role === null ? {} : { 'iam.amazonaws.com/role': role }), ...rest.annotations },
    }),
  };
}

export const podOf = (of: WorkloadFact, node: string, more: Partial<PodFact> = {}): PodFact => ({
  namespace: of.namespace,
  name: `${of.name}-${node}`,
  uid: `uid-${of.name}-${node}`,
  node,
  ips: ['10.0.0.1'],
  phase: 'Running',
  ready: true,
  terminating: false,
  createdAtMs: 0,
  workload: of.id,
  template: of.template,
  ...more,
});

export const node = (name: string, more: Partial<NodeFact> = {}): NodeFact => ({
  name,
  internalIps: ['10.1.0.1'],
  ready: true,
  schedulable: true,
  os: 'linux',
  labels: {},
  taints: [],
  notServable: null,
  providerId: null,
  ...more,
});

export const proxy = (more: Partial<ProxyInstall> = {}): ProxyInstall => ({
  namespace: 'pod-iam',
  daemonSet: 'pod-iam',
  version: '0.1.0',
  image: 'node:22-slim',
  args: ['--startup-taint=pod-iam.dev/agent-not-ready'],
  rights: known(
    rightsNeeded({}).map((right) => ({ ...right, isAllowed: true })),
    'SubjectAccessReviews',
  ),
  settings: { ...DEFAULT_SETTINGS, baseRoleArn: `arn:aws:iam::${ACCOUNT}:role/` },
  stsEndpoint: null,
  region: 'eu-west-1',
  desired: 2,
  ready: 2,
  updated: 2,
  daemons: ['node-1', 'node-2'].map((name) => ({
    node: name,
    pod: `pod-iam-${name}`,
    ready: true,
    restarts: 0,
    identityArn: NODE_SESSION,
    lastMessage: null,
    redirect: known([], "the redirect's log"),
  })),
  ...more,
});

export const trusting = (...principals: string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principals }, Action: 'sts:AssumeRole' }],
  });

export const role = (name: string, trustPolicy = trusting(NODE_ROLE)): RoleFact => ({
  arn: roleArn(name),
  name: name.slice(name.lastIndexOf('/') + 1),
  path: '/',
  roleId: `AROAEXAMPLE${name.toUpperCase()}`,
  trustPolicy,
  maxSessionSeconds: 3600,
  createdAtMs: 0,
  boundary: null,
});

export const rolesOf = (...roles: RoleFact[]): Snapshot['aws']['roles'] =>
  Object.fromEntries(roles.map((fact) => [fact.arn, known(fact, 'iam:GetRole')]));

/** The one call that the simulator lets a node role make. */
export const mayAssume = (name: string, more: Partial<SimulatedCall> = {}): SimulatedCall => ({
  action: 'sts:AssumeRole',
  resource: roleArn(name),
  decision: 'allowed',
  boundaryAllows: null,
  organisationAllows: null,
  ...more,
});

/** A node role whose one policy names the roles, and what the simulator says. */
export const nodeRole = (...assume: SimulatedCall[]): NodeRoleFact => ({
  policies: known(
    [
      allowing(
        'sts:AssumeRole',
        assume.map(({ resource }) => resource),
      ),
    ],
    'iam:GetRolePolicy',
  ),
  assume: known(assume, 'iam:SimulatePrincipalPolicy'),
});

export const allowing = (action: string | string[], resource: string | string[]): PolicyFact => ({
  name: 'own',
  arn: null,
  document: JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
  }),
});

const answered = (status: number, body: string | null = null) => ({ status, ms: 3, failure: null, body });

/** What an identity probe sees of a workload with which all is well. */
export function goodProbe(
  of: WorkloadFact,
  on: string,
  more: Partial<ProbeObservation> = {},
): ProbeObservation {
  const name = of.template.annotations['iam.amazonaws.com/role'] ?? 'nobody';
  const pod = `probe-${of.name}`;
  const attempt = (path: string, status = 404) => ({ ...answered(status), path, code: null, leaked: false });
  return {
    id: 'p1',
    kind: 'identity',
    workload: of.id,
    namespace: of.namespace,
    pod,
    node: on,
    serviceAccount: 'default',
    expectedRole: roleArn(name),
    outcome: { state: 'ran' },
    canary: {
      ...answered(200),
      isProxy: true,
      version: '0.1.0',
      daemonNode: on,
      takenFor: `${of.namespace}/${pod}`,
    },
    token: answered(200),
    listingWithoutToken: answered(401),
    listing: answered(200, name),
    listingAgain: null,
    document: {
      ...answered(200),
      asked: name,
      code: 'Success',
      keyIdEnding: 'MPLE',
      expiration: '2026-01-01T01:00:00Z',
      message: null,
    },
    caller: {
      ...answered(200),
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/apps.${pod}`,
      errorCode: null,
      message: null,
    },
    invented: { ...answered(403), arn: null, errorCode: 'InvalidClientTokenId', message: null },
    attempts: {
      'other-role': attempt('/latest/meta-data/iam/security-credentials/red', 403),
      extended: attempt('/latest/meta-data/iam/security-credentials-extended/'),
      'extended-role': attempt('/latest/meta-data/iam/security-credentials-extended/red'),
      'iam-info': attempt('/latest/meta-data/iam/info'),
      'identity-credentials': attempt(
        '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
      ),
    },
    harmless: answered(200, 'eu-west-1a'),
    firstCredentialMs: 9,
    remainingSeconds: 3500,
    ...more,
  };
}

export const CONTAINER_URL = 'http://169.254.170.23/v1/credentials';

/** The same for a workload that asks by its token, and is served its role for it. */
export function askingByToken(
  probe: ProbeObservation,
  more: Partial<ContainerObservation> = {},
): ProbeObservation {
  const refused = (status: number) => ({
    ...answered(status),
    path: '/v1/credentials',
    code: null,
    leaked: false,
  });
  return {
    ...probe,
    sources: ['container'],
    container: {
      url: CONTAINER_URL,
      audience: 'pod-iam.dev',
      document: { ...probe.document!, ...answered(200), asked: '', code: null, ms: 7 },
      caller: probe.caller,
      attempts: {
        'no-token': refused(400),
        'forged-token': refused(401),
        'other-audience': refused(401),
      },
      firstCredentialMs: 7,
      remainingSeconds: 3400,
      ...more,
    },
  };
}

/** What a bare probe beside it sees. */
export function bareProbe(
  namespace: string,
  on: string,
  more: Partial<ProbeObservation> = {},
): ProbeObservation {
  const base = goodProbe(workload('bare', 'nobody', { namespace }), on);
  return {
    ...base,
    kind: 'bare',
    workload: null,
    expectedRole: null,
    listing: answered(404),
    document: null,
    caller: null,
    invented: null,
    firstCredentialMs: null,
    remainingSeconds: null,
    attempts: {
      'other-role': {
        ...answered(404),
        path: '/latest/meta-data/iam/security-credentials/blue',
        code: null,
        leaked: false,
      },
    },
    ...more,
  };
}

/** The roles `blue` and `nodes`, as they should be. */
export const goodAws = (more: Partial<AwsFacts> = {}): AwsFacts => ({
  caller: known({ arn: `arn:aws:iam::${ACCOUNT}:user/me`, account: ACCOUNT }, 'sts:GetCallerIdentity'),
  roles: rolesOf(role('blue'), role('nodes')),
  roleNames: known(['blue', 'nodes'], 'iam:ListRoles'),
  principals: { [NODE_ROLE]: known(NODE_ROLE, 'iam:GetRole') },
  oidcProviders: unknownFact('it was not needed', 'iam:ListOpenIDConnectProviders'),
  nodeRoles: { [NODE_ROLE]: nodeRole(mayAssume('blue')) },
  ...more,
});

/** The workload `blue` on node-1, all facts known, the proxy installed on two nodes, probes answered. */
export function goodSnapshot(more: Partial<Snapshot> = {}): Snapshot {
  const blue = workload('blue', 'blue');
  return {
    schemaVersion: 1,
    takenAtMs: 0,
    context: { cluster: 'test', kubeContext: 'test', region: 'eu-west-1' },
    nodeIdentities: known([NODE_SESSION], 'the daemons'),
    settings: proxy().settings,
    nodes: known([node('node-1'), node('node-2')], 'list nodes'),
    namespaces: known([{ name: 'apps', annotations: {}, labels: {} }], 'list namespaces'),
    serviceAccounts: known(
      [{ namespace: 'apps', name: 'default', annotations: {} }],
      'list service accounts',
    ),
    pods: known([podOf(blue, 'node-1')], 'list pods'),
    workloads: known([blue], 'list workloads'),
    proxy: known(proxy(), 'list DaemonSets'),
    aws: goodAws(),
    probes: known([goodProbe(blue, 'node-1'), bareProbe('apps', 'node-1')], 'run diagnostic pods'),
    ...more,
  };
}

/** The same with other workloads in place of `blue`. */
export const withWorkloads = (workloads: WorkloadFact[], more: Partial<Snapshot> = {}): Snapshot =>
  goodSnapshot({ workloads: known(workloads, 'list workloads'), ...more });

/** `status subject: observed`, one line per finding. */
export const told = (findings: readonly (Finding | Result)[]): string[] =>
  findings.map(({ status, subject, observed }) => `${status} ${subject.kind}/${subject.name}: ${observed}`);
