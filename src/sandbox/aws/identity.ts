// What a caller's own policies say about a call. Small on purpose: actions, resources and the four
// plain string conditions; any other condition narrows an Allow to nothing and lets a Deny stand.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

export type IdentityVerdict = 'allow' | 'deny' | 'silent';

interface Statement {
  Effect?: string;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** An explicit deny wins; silence is what AWS calls an implicit deny. */
export function judgeIdentity(
  policies: readonly string[],
  action: string,
  resource: string,
  context: Readonly<Record<string, string[]>> = {},
): IdentityVerdict {
  const matching = policies
    .flatMap(statementsOf)
    .filter((statement) => covers(statement, action, resource))
    .filter((statement) => conditionsHold(statement.Condition ?? {}, context) ?? statement.Effect === 'Deny');
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'deny';
  return matching.some(({ Effect }) => Effect === 'Allow') ? 'allow' : 'silent';
}

/** The statements of a document; throws SyntaxError when the text is no JSON. */
export function statementsOf(document: string): Statement[] {
  const { Statement } = JSON.parse(document) as { Statement?: Statement | Statement[] };
  return listOf(Statement);
}

function covers(statement: Statement, action: string, resource: string): boolean {
  const matchesAction = (pattern: string): boolean =>
    matchesWildcard(pattern.toLowerCase(), action.toLowerCase());
  const matchesResource = (pattern: string): boolean => matchesWildcard(pattern, resource);
  const acts = statement.NotAction
    ? !listOf(statement.NotAction).some(matchesAction)
    : listOf(statement.Action).some(matchesAction);
  const meets = statement.NotResource
    ? !listOf(statement.NotResource).some(matchesResource)
    : listOf(statement.Resource).some(matchesResource);
  return acts && meets;
}

/** Null when an operator is none of the four. */
function conditionsHold(
  condition: NonNullable<Statement['Condition']>,
  context: Readonly<Record<string, string[]>>,
): boolean | null {
  const known = new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values]));
  let holds = true;
  for (const [operator, keys] of Object.entries(condition)) {
    const compare = operators[operator];
    if (!compare) return null;
    for (const [key, wanted] of Object.entries(keys)) {
      const values = known.get(key.toLowerCase()) ?? [];
      holds &&= values.some((value) => listOf(wanted).some((pattern) => compare(pattern, value)));
    }
  }
  return holds;
}

const operators: Record<string, (pattern: string, value: string) => boolean> = {
  StringEquals: (pattern, value) => pattern === value,
  StringLike: matchesWildcard,
  ArnEquals: matchesWildcard,
  ArnLike: matchesWildcard,
};

/** IAM's wildcards: `*` is any text, `?` any one character, and there is nothing else. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

const listOf = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
