// A report with one result of each kind, and what is needed to make others.
import type { Finding, Report, Result, Severity, Summary, WorkloadProof } from '../../src/model/finding.ts';
import { fail, pass, skip, subject, unknown, warn } from '../../src/model/finding.ts';

export const ROLE = 'arn:aws:iam::111122223333:role/blue';

export const result = (code: string, title: string, severity: Severity, finding: Finding): Result => ({
  code,
  title,
  severity,
  ...finding,
});

export const blue = subject('Deployment', 'blue', { namespace: 'apps' });

const node = (name: string) => subject('Node', name, { node: name });

export const RESULTS: Result[] = [
  result(
    'TP018',
    'the node identity may assume the role',
    'error',
    fail(
      subject('Role', 'blue', {
        role: ROLE,
        file: 'trust/blue.json',
        line: 7,
        column: 7,
        pointer: '/Statement/0',
      }),
      {
        expected: 'an Allow that matches arn:aws:iam::111122223333:role/node',
        observed: 'the only principal is arn:aws:iam::111122223333:role/nodes',
        why: 'The proxy assumes the role with the identity of its node, and STS refuses whom the trust policy does not name.',
        evidence: [{ what: 'node identity', value: 'arn:aws:sts::111122223333:assumed-role/node/i-0abc' }],
        control: { what: 'role red, same node', outcome: 'allowed by statement 0' },
        fix: {
          text: 'Let the node role assume it',
          command: 'pod-iam trust-policy apply --role blue',
          patch: '{\n  "AWS": "arn:aws:iam::111122223333:role/node"\n}\n',
        },
      },
    ),
  ),
  result(
    'NW001',
    'the canary is answered by the proxy',
    'error',
    pass(node('worker-1'), { expected: 'an answer by pod-iam', observed: 'answered by pod-iam 0.1.0' }),
  ),
  result(
    'NW001',
    'the canary is answered by the proxy',
    'error',
    pass(node('worker-2'), { expected: 'an answer by pod-iam', observed: 'answered by pod-iam 0.1.0' }),
  ),
  ...['blue', 'red'].map((name) =>
    result(
      'AN010',
      'the role exists',
      'error',
      unknown(subject('Deployment', name, { namespace: 'apps' }), {
        expected: 'the annotated role exists',
        observed: 'AWS refused iam:GetRole',
        fix: {
          text: 'iam:GetRole on the roles in use',
          command: null,
          patch: '{ "Effect": "Allow", "Action": "iam:GetRole", "Resource": "*" }',
        },
      }),
    ),
  ),
  result(
    'ID008',
    'the identity proven is the annotated role',
    'error',
    skip(blue, 'TP018', { expected: ROLE, observed: 'no credentials to ask with' }),
  ),
  result(
    'AN012',
    'annotation keys are spelt right',
    'warning',
    warn(blue, {
      expected: 'iam.amazonaws.com/role',
      observed: 'iam.amazonaws.com/rolle',
      fix: { text: 'Rename the key', command: null, patch: null },
    }),
  ),
  result(
    'LK001',
    'a pod without annotation gets nothing',
    'security',
    fail(node('worker-1'), { expected: '404', observed: '200 with the credentials of the node role' }),
  ),
];

export const WORKLOADS: WorkloadProof[] = [
  {
    workload: 'apps/Deployment/red',
    node: 'worker-1',
    expectedRole: 'arn:aws:iam::111122223333:role/red',
    provenArn: 'arn:aws:sts::111122223333:assumed-role/red/apps.red-1',
    via: 'imds',
    ok: true,
    firstCredentialMs: 41.6,
    remainingSeconds: 3540,
  },
  {
    workload: 'apps/Deployment/blue',
    node: null,
    expectedRole: ROLE,
    provenArn: null,
    via: 'none',
    ok: false,
    firstCredentialMs: null,
    remainingSeconds: null,
  },
];

/** A report of these results, with its summary counted. */
export function report(results: Result[] = RESULTS, rest: Partial<Report> = {}): Report {
  const summary: Summary = { pass: 0, warn: 0, fail: 0, skip: 0, unknown: 0, suppressed: 0 };
  for (const { status } of results) summary[status]++;
  return {
    schemaVersion: 1,
    tool: { name: 'pod-iam', version: '0.1.0' },
    context: { cluster: 'demo', mode: ['proxy'], account: '111122223333' },
    startedAt: '2026-01-02T03:04:05.000Z',
    durationMs: 2130,
    complete: true,
    summary,
    results,
    ...rest,
  };
}

export const PLAIN = { color: false, width: 100 };
