// GR003: a permissions boundary or a policy of the organisation may forbid what the node role's own
// policies allow. IAM's simulator tells which.
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { nodeRoles } from './node-role.ts';
import { unread } from './shared.ts';

const expected = 'no boundary or organisation policy keeps the node role from the roles';
const why =
  'a boundary and the policies of an organisation only take away: what they do not allow is refused whatever else allows it';

export function run(snapshot: Snapshot): Finding[] {
  const { roles, findings } = nodeRoles(snapshot, { expected, why });
  return [
    ...findings,
    ...roles.map(({ arn, subject: of, fact: { assume } }) => {
      if (assume.state === 'unknown') return unread(assume, of, expected, why);
      const boundary = assume.value.filter(({ boundaryAllows }) => boundaryAllows === false);
      const organisation = assume.value.filter(({ organisationAllows }) => organisationAllows === false);
      if (boundary.length + organisation.length === 0)
        return pass(of, { expected, observed: `none for ${assume.value.length} roles`, why });
      const own = snapshot.aws.roles[arn];
      const name = own?.state === 'known' ? (own.value?.boundary ?? null) : null;
      const observed = [
        ...(boundary.length > 0
          ? [`its permissions boundary${name ? ` ${name}` : ''} forbids ${list(boundary)}`]
          : []),
        ...(organisation.length > 0 ? [`a policy of the organisation forbids ${list(organisation)}`] : []),
      ].join('; ');
      return fail(of, {
        expected,
        observed,
        why,
        fix: {
          text: 'let the boundary or the policy allow sts:AssumeRole on these roles',
          command: null,
          patch: null,
        },
      });
    }),
  ];
}

const list = (calls: readonly { resource: string }[]): string =>
  calls.map(({ resource }) => resource).join(', ');
