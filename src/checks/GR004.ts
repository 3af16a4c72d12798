// GR004: the node role should be able to do little but assume the pods' roles. Powers of its own are
// within reach of whoever gets past the proxy.
import { type Finding, fail, pass } from '../model/finding.ts';
import { coversAction } from '../model/policy/actions.ts';
import { wildcardMatches } from '../model/policy/wildcard.ts';
import type { Statement } from '../model/policy.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { judgePolicies } from './node-role.ts';

const expected = 'the node role has no broad powers of its own';
const why = 'a process on the node, and a pod that gets past the proxy, has all that the node role has';

/** Calls that no node needs on everything, each standing for a family. */
const TELLING = [
  {
    action: 'iam:CreateAccessKey',
    resource: 'arn:aws:iam::111122223333:user/somebody',
    power: 'make access keys of users',
  },
  {
    action: 'iam:PutRolePolicy',
    resource: 'arn:aws:iam::111122223333:role/somebody',
    power: 'write policies of roles',
  },
  { action: 'iam:PassRole', resource: 'arn:aws:iam::111122223333:role/somebody', power: 'pass any role' },
  { action: 's3:GetObject', resource: 'arn:aws:s3:::some-bucket/some-key', power: 'read any object of S3' },
  {
    action: 'secretsmanager:GetSecretValue',
    resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:some',
    power: 'read any secret',
  },
  {
    action: 'kms:Decrypt',
    resource: 'arn:aws:kms:eu-west-1:111122223333:key/some',
    power: 'decrypt with any key',
  },
  {
    action: 'ec2:RunInstances',
    resource: 'arn:aws:ec2:eu-west-1:111122223333:instance/*',
    power: 'run instances',
  },
] as const;

export function run(snapshot: Snapshot): Finding[] {
  return judgePolicies(snapshot, { expected, why }, ({ subject: of }, policies) => {
    const powers = policies.flatMap(({ name, policy }) =>
      policy.statements.flatMap((statement) => {
        const can = TELLING.filter((call) => covers(statement, call)).map(({ power }) => power);
        return can.length === 0 ? [] : [{ name, index: statement.index, can }];
      }),
    );
    if (powers.length === 0)
      return pass(of, { expected, observed: `none of its ${policies.length} policies grants one`, why });
    return fail(of, {
      expected,
      observed: `it may ${[...new Set(powers.flatMap(({ can }) => can))].join(', ')}`,
      why,
      evidence: powers.map(({ name, index, can }) => ({
        what: `statement ${index} of ${name}`,
        value: can.join(', '),
      })),
      fix: { text: 'move these powers to roles of the pods that need them', command: null, patch: null },
    });
  });
}

const covers = (statement: Statement, call: { action: string; resource: string }): boolean =>
  statement.effect === 'Allow' &&
  statement.conditions.length === 0 &&
  coversAction(statement, call.action) &&
  statement.resources.some(({ text }) =>
    wildcardMatches(text.replace(/:\d{12}:/, ':111122223333:'), call.resource),
  ) !== statement.exceptResources;
