// From an annotation to a role: ARNs, base ARNs, the default role, the role that is asked for, and
// session names.
import { normaliseBaseArn, resolveRole } from '../../../src/model/arn.ts';
import { DEFAULT_SETTINGS, decideRole } from '../../../src/model/role.ts';
import { sessionName } from '../../../src/model/session-name.ts';
import { discoveredRoles } from '../../../src/proxy/settings.ts';
import { type Area, type Peers, row } from './case.ts';

const BASE = 'arn:aws:iam::123456789012:role/';
const both = (text: string): Peers => ({ kube2iam: text, kiam: text });

function resolved(annotation: string, base: string | null): string {
  const result = resolveRole(annotation, base);
  return result.ok ? result.role.arn : `refused: ${result.why}`;
}
const resolves = (
  annotation: string,
  peers: Peers,
  ours: string,
  why: string | null = null,
  base: string | null = BASE,
) =>
  row(
    `annotation \`${annotation.replace('\n', '\\n')}\`${base === null ? ', no base ARN' : ''}`,
    peers,
    ours,
    () => resolved(annotation, base),
    why,
  );

export const arns: Area = {
  title: 'From an annotation to an ARN',
  cases: [
    resolves('my-role', both(`${BASE}my-role`), `${BASE}my-role`),
    resolves('team/my-role', both(`${BASE}team/my-role`), `${BASE}team/my-role`),
    resolves(
      'arn:aws:iam::999999999999:role/other',
      both('as it is'),
      'arn:aws:iam::999999999999:role/other',
    ),
    resolves('arn:aws-cn:iam::999999999999:role/x', both('as it is'), 'arn:aws-cn:iam::999999999999:role/x'),
    resolves(
      'arn:aws-us-gov:iam::999999999999:role/x',
      both('as it is'),
      'arn:aws-us-gov:iam::999999999999:role/x',
    ),
    resolves(
      'arn:aws:iam::111122223333:role/path-prefix/another',
      both('as it is, with its path'),
      'arn:aws:iam::111122223333:role/path-prefix/another',
    ),
    resolves(
      'ARN:aws:iam::999999999999:role/upper',
      { kube2iam: 'as it is', kiam: 'base ARN put before it' },
      'refused: it is not the ARN of an IAM role: an ARN starts with "arn:" in lower case',
      'STS would refuse it; so the pod is told the reason',
    ),
    resolves(
      '/myrole',
      { kube2iam: 'base ARN with two slashes; listed, never fetchable', kiam: `${BASE}myrole` },
      `${BASE}myrole`,
    ),
    resolves(
      'my-role',
      { kube2iam: '`my-role`, which STS refuses', kiam: 'does not start without a base ARN' },
      'refused: it is a bare name and no base ARN is known (--base-role-arn)',
      'the reason stands in the answer and in an event',
      null,
    ),
    resolves(
      'my-role\n',
      { kube2iam: 'listed with the newline, never fetchable' },
      'refused: it holds a line break',
      'refused with the reason instead of served half',
    ),
    resolves(
      ' my-role',
      { kube2iam: 'not trimmed' },
      'refused: it holds white space',
      'refused with the reason instead of served half',
    ),
    resolves(
      'arn:aws:iam::123456789012:instance-profile/x',
      both('as it is'),
      'refused: it is not the ARN of an IAM role: an instance profile is not a role; use the role inside it',
      'STS would refuse it',
    ),
    resolves('team/a+b=c,d@e', both(`${BASE}team/a+b=c,d@e`), `${BASE}team/a+b=c,d@e`),
  ],
};

const based = (base: string, kube2iam: string, why: string | null = null) =>
  row(
    `\`--base-role-arn=${base}\``,
    { kube2iam },
    kube2iam === 'taken' || why ? (normaliseBaseArn(base) ? 'taken' : 'refused') : kube2iam,
    () => (normaliseBaseArn(base) === null ? 'refused' : 'taken'),
    why,
  );

const found = (role: string, account: string, partition = 'aws') =>
  discoveredRoles(
    { roles: DEFAULT_SETTINGS, discoverBaseArn: true, discoverDefaultRole: true },
    { partition, account, roleName: role },
  );

export const bases: Area = {
  title: 'The base ARN',
  cases: [
    based('arn:aws:iam::123456789012:role/', 'taken'),
    based('arn:aws:iam::123456789012:role', 'taken'),
    based('arn:aws:iam::123456789012:role/my-role', 'taken'),
    based('arn:aws:iam::123456789012:role/my/path/', 'taken'),
    based('arn:aws-cn:iam::123456789012:role/my-role', 'taken'),
    based('arn:aws-us-gov:iam::123456789012:role/', 'taken'),
    based('not-an-arn', 'refused'),
    based('arn:aws:iam::123456789012:user/my-user', 'refused'),
    based('arn:aws:iam::12345:role/', 'refused'),
    based('arn:aws:s3:::bucket', 'refused'),
    based('arn:aws:iam::123456789012:role/a+b=c,d@e/', 'refused', 'IAM allows these characters in a path'),
    row(
      'discovered on an instance with a role',
      { kube2iam: `${BASE}`, kiam: `${BASE}` },
      BASE,
      () => found('node', '123456789012').baseRoleArn!,
    ),
    row(
      'discovered in China',
      { kube2iam: 'arn:aws-cn:iam::123456789012:role/' },
      'arn:aws-cn:iam::123456789012:role/',
      () => found('node', '123456789012', 'aws-cn').baseRoleArn!,
    ),
    row(
      'default role discovered',
      { kube2iam: 'the role of the instance' },
      'node',
      () => found('node', '123456789012').defaultRole!,
    ),
  ],
};

function selected(annotations: Record<string, string>, defaultRole: string | null): string {
  const { role, refusal } = decideRole(
    { annotations, hostNetwork: false, namespace: null },
    { ...DEFAULT_SETTINGS, baseRoleArn: BASE, defaultRole },
  );
  return role ? role.arn.arn.slice(BASE.length) : `none (${refusal!.code})`;
}
const KEY = 'iam.amazonaws.com/role';
const selects = (
  what: string,
  annotations: Record<string, string>,
  defaultRole: string | null,
  peers: Peers,
  ours: string,
  why: string | null = null,
) => row(what, peers, ours, () => selected(annotations, defaultRole), why);

export const selection: Area = {
  title: 'Which role a pod has',
  cases: [
    selects(
      'no annotation, no default role',
      {},
      null,
      {
        kube2iam: '404, or 200 with an empty listing where there is a base ARN',
        kiam: '404',
        metadataproxy: '404',
      },
      'none (LK001)',
      'an empty 200 makes SDKs read the listing as a document',
    ),
    selects(
      'no annotation, a default role',
      {},
      'standard',
      { kube2iam: 'standard', kiam: 'has no default role', metadataproxy: 'standard' },
      'standard',
    ),
    selects('annotation alone', { [KEY]: 'own' }, null, both('own'), 'own'),
    selects(
      'annotation and default role',
      { [KEY]: 'own' },
      'standard',
      { kube2iam: 'own', metadataproxy: 'own' },
      'own',
    ),
    selects(
      'annotation that is empty',
      { [KEY]: '' },
      'standard',
      { kube2iam: 'none: it counts as present', kiam: '404 `empty role`' },
      'none (AN002)',
    ),
    selects(
      'annotation of white space',
      { [KEY]: ' ' },
      'standard',
      { kube2iam: 'a role named " "' },
      'none (AN002)',
      'blank is no role, and never the default one',
    ),
    selects('another annotation', { other: 'own' }, 'standard', { kube2iam: 'standard' }, 'standard'),
  ],
};

function named(annotation: string | null, pod = 'web-1', namespace = 'shop'): string {
  const annotations: Record<string, string> =
    annotation === null ? {} : { 'iam.amazonaws.com/session-name': annotation };
  return sessionName('{namespace}.{pod}', { namespace, name: pod, uid: 'u', node: 'n', annotations }, 'role');
}

export const sessions: Area = {
  title: 'Session names, as CloudTrail shows them',
  cases: [
    row(
      'by default',
      {
        kube2iam: "hash of the pod's address and the role: `ff6719c1-role`",
        kiam: '`kiam-kiam`',
        metadataproxy: '`devproxyauth`',
      },
      'shop.web-1',
      () => named(null),
      'it should name the pod',
    ),
    row(
      'annotated `nightly`',
      { kiam: '`kiam-nightly`' },
      'nightly',
      () => named('nightly'),
      'what is annotated is what trust policies can ask for',
    ),
    row(
      'annotated with `testing@#&-test%`',
      { kiam: '`kiam-testing@---test-`', metadataproxy: 'bad characters become `_`' },
      'testing@---test-',
      () => named('testing@#&-test%'),
    ),
    row(
      'longer than 64 characters',
      { kube2iam: 'cut to 64', kiam: 'cut to 63', metadataproxy: 'cut to 64' },
      `shop.${'x'.repeat(59)} (64)`,
      () => `${named(null, 'x'.repeat(100))} (${named(null, 'x'.repeat(100)).length})`,
    ),
    row('of one character', { kiam: '`kiam-x`' }, 'x-', () => named('x'), 'STS wants two at least'),
  ],
};
