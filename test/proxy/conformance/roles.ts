// From an annotation to a role: its ARN, and the default role.
import { resolveRole } from '../../../src/model/arn.ts';
import { DEFAULT_SETTINGS, decideRole } from '../../../src/model/role.ts';
import { type Area, type Peers, row } from './case.ts';

const BASE = 'arn:aws:iam::123456789012:role/';
const both = (text: string): Peers => ({ kube2iam: text, kiam: text });

function resolved(annotation: string, base: string | null): string {
  const result = resolveRole(annotation, base);
  return result.ok ? result.role.arn : `refused: ${result.why}`;
}
const basis = (base: string | null): string =>
  base === null ? ', no base ARN' : base === BASE ? '' : `, base ARN \`${base}\``;

const resolves = (
  annotation: string,
  peers: Peers,
  ours: string,
  why: string | null = null,
  base: string | null = BASE,
) =>
  row(
    `annotation \`${annotation.replace('\n', '\\n')}\`${basis(base)}`,
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
    resolves('kiam/myrole', both(`${BASE}kiam/myrole`), `${BASE}kiam/myrole`),
    resolves('/kiam/myrole', { kiam: `${BASE}kiam/myrole` }, `${BASE}kiam/myrole`),
    resolves('my_role.v2', both(`${BASE}my_role.v2`), `${BASE}my_role.v2`),
    resolves(
      'k8s-logger',
      { kube2iam: 'arn:aws-us-gov:iam::123456789012:role/bosh-passed/k8s-logger' },
      'arn:aws-us-gov:iam::123456789012:role/bosh-passed/k8s-logger',
      null,
      'arn:aws-us-gov:iam::123456789012:role/bosh-passed/',
    ),
    resolves(
      'arn:aws::iam::123456789012:role/x',
      both('as it is'),
      'refused: it is not the ARN of an IAM role: its service is "", not "iam"',
      'STS would refuse it',
    ),
    resolves(
      'arn:aws:iam::123456789012:role:role/x',
      both('as it is'),
      'refused: it is not the ARN of an IAM role: it names "role:role", not a role',
      'STS would refuse it',
    ),
    resolves(
      'arn:aws:iam::123456789012:role/',
      both('as it is'),
      'refused: it is not the ARN of an IAM role: it ends in a slash, where the role name should be',
      'STS would refuse it',
    ),
    resolves(
      '"my-role"',
      both('with its quotation marks'),
      'refused: it holds quotation marks',
      'refused with the reason instead of served half',
    ),
    resolves(
      'x'.repeat(65),
      both('65 letters, which STS refuses'),
      `refused: "${'x'.repeat(65)}" is not a role name: letters, digits and +=,.@_- only, 64 at most`,
      'the reason stands in the answer and in an event',
    ),
    resolves('team/a+b=c,d@e', both(`${BASE}team/a+b=c,d@e`), `${BASE}team/a+b=c,d@e`),
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
    selects(
      'no annotation, and an ARN for a default role',
      {},
      'arn:aws:iam::123456789012:role/x/standard',
      { kube2iam: 'that role' },
      'x/standard',
    ),
    selects(
      'no annotation, and a default role that is none',
      {},
      'a b',
      { kube2iam: 'a role named "a b"' },
      'none (AN002)',
      'as the annotation',
    ),
    selects(
      'an external id with a blank in it',
      { [KEY]: 'own', 'iam.amazonaws.com/external-id': 'a b' },
      null,
      { kube2iam: 'own; STS refuses it' },
      'none (TP041)',
      'the reason stands in the answer and in an event',
    ),
    selects(
      'an external id that is empty',
      { [KEY]: 'own', 'iam.amazonaws.com/external-id': '' },
      null,
      { kube2iam: 'own, without one' },
      'own',
    ),
    selects('another annotation', { other: 'own' }, 'standard', { kube2iam: 'standard' }, 'standard'),
  ],
};
