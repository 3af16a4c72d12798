// GR002: what the node role may assume should be a list, not everything: whoever breaks out to a node
// has what it may assume, and so have pods if the proxy has a flaw.
import { parseRoleArn } from '../model/arn.ts';
import { type Finding, fail, pass } from '../model/finding.ts';
import { coversAction } from '../model/policy/actions.ts';
import { wildcardMatches } from '../model/policy/wildcard.ts';
import type { Statement } from '../model/policy.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { nodePolicy } from '../trust-policy/node-policy.ts';
import { judgePolicies } from './node-role.ts';
import { workloadsWithRole } from './shared.ts';

const expected = 'the node role may assume the roles of pods, and no others';
const why = 'every role that trusts the account as a whole is open to a node role that may assume "*"';

export function run(snapshot: Snapshot): Finding[] {
  return judgePolicies(snapshot, { expected, why }, ({ arn, subject: of }, policies) => {
    const stranger = strangerTo(arn);
    const broad = policies.flatMap(({ name, policy }) =>
      policy.statements
        .filter((statement) => isBroad(statement, stranger))
        .map(({ index }) => ({ name, index })),
    );
    if (broad.length === 0)
      return pass(of, { expected, observed: `none of its ${policies.length} policies allows more`, why });
    const targets = [...new Set(workloadsWithRole(snapshot).map(({ role }) => role.arn))].sort();
    return fail(of, {
      expected,
      observed: `it may assume any role that lets it: ${broad.map(({ name, index }) => `statement ${index} of ${name}`).join(', ')}`,
      why,
      fix: {
        text: 'allow sts:AssumeRole on the roles of pods alone',
        command: null,
        patch: nodePolicy(targets),
      },
    });
  });
}

/** A name that no pattern for pods' roles would mean. */
function strangerTo(arn: string): string {
  const { partition = 'aws', account = '' } = parseRoleArn(arn) ?? {};
  return `arn:${partition}:iam::${account}:role/4b1d6c0e-nobody-named-this`;
}

/** A condition, such as on the tags of the role, narrows it again. */
const isBroad = (statement: Statement, stranger: string): boolean =>
  statement.effect === 'Allow' &&
  statement.conditions.length === 0 &&
  coversAction(statement, 'sts:AssumeRole') &&
  statement.resources.some(({ text }) => wildcardMatches(text, stranger)) !== statement.exceptResources;
