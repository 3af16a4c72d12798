// The form of the subjects that GitHub puts into the tokens of its pipelines.
// https://docs.github.com/en/actions/reference/security/oidc
import { templatePart } from '../../model/policy/placeholder.ts';
import type { Policy } from '../../model/policy.ts';
import type { Violation } from '../rule.ts';
import { claims, tokenStatements } from './tokens.ts';

/** Subjects that no run has, each with one that a run could have. */
export const gitHubSubjects = (policy: Policy): Violation[] =>
  tokenStatements(policy)
    .filter(({ provider }) => /^token\.actions\.githubusercontent\.com(?:\/|$)/i.test(provider.names.issuer))
    .flatMap(({ statement, provider }) => claims(statement, provider, 'sub'))
    .filter(({ operator }) => /^String(?:Equals|EqualsIgnoreCase|Like)$/.test(operator.name))
    .flatMap(({ operator, values }) =>
      values.flatMap((value): Violation[] => {
        const { text } = value;
        // Text of a template is told by its own rule, and so is a star that is none.
        if (templatePart(text) !== null || text.includes('${')) return [];
        const isPattern = operator.name === 'StringLike';
        if (/[*?]/.test(text) && !isPattern) return [];
        const found = faultOf(text);
        return found === null ? [] : [{ at: value, why: WHY, ...found }];
      }),
    );

const WHY =
  "a run's subject reads repo:OWNER/REPOSITORY: and then its branch, tag, environment or pull_request, unless the repository customised it";

const REPOSITORY = /^repo:[\w.-]+(?:@\d+)?\/[\w.-]+(?:@\d+)?$/;

type Fault = Pick<Violation, 'observed' | 'fix'>;

function faultOf(text: string): Fault | null {
  const literal = text.split(/[*?]/, 1)[0]!;
  const isWhole = literal === text;
  if (isWhole && REPOSITORY.test(text))
    return {
      observed: `"${text}" is a repository and no run in it: no token has this subject`,
      fix: {
        text: `say which runs: "${text}:ref:refs/heads/main" those for a branch, or by StringLike "${text}:*" all`,
      },
    };
  if (isWhole && /^[\w.-]+\/[\w.-]+(?::|$)/.test(text))
    return {
      observed: `"${text}" does not say of what it is: no token has this subject`,
      fix: { text: `write "repo:${text}${text.includes(':') ? '' : ':ref:refs/heads/main'}"` },
    };
  return ofContext(literal, isWhole);
}

/** What follows the repository: a branch or tag by its full name, an environment, a pull request, or another claim. */
function ofContext(literal: string, isWhole: boolean): Fault | null {
  const [, repository, context = ''] = /^(repo:[^:]+):(.+)$/.exec(literal) ?? [];
  if (repository === undefined) return null;
  if (!REPOSITORY.test(repository))
    return {
      observed: `"${repository}" names no repository as GitHub does`,
      fix: { text: 'write repo:OWNER/REPOSITORY, without a host' },
    };
  const [claim = '', ...rest] = context.split(':');
  const value = rest.join(':');
  const full = fullRef(claim === 'ref' ? value : context);
  if (claim === 'ref' && rest.length > 0)
    return 'refs/'.startsWith(value) || value.startsWith('refs/')
      ? null
      : wrongContext(literal, `${repository}:ref:${full}`);
  if (rest.length > 0 || claim === 'pull_request' || (!isWhole && /^[a-z_]*$/.test(claim))) return null;
  return wrongContext(literal, `${repository}:ref:${full}`);
}

const fullRef = (name: string): string => (name.startsWith('refs/') ? name : `refs/heads/${name}`);

const wrongContext = (literal: string, better: string): Fault => ({
  observed: `"${literal}" is the subject of no run`,
  fix: { text: `write "${better}", if that branch is meant` },
});
