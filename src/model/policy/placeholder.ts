// Words of an example or a template that were never filled in. Told by their form alone: a name that somebody
// could really give is none.

/** As a principal: `<ACCOUNT>`, `${var.account}`, `{{ account }}`, `ACCOUNT_ID`, `YOUR-ACCOUNT`, x's in place of digits. */
export const isPlaceholder = (text: string): boolean =>
  /[<>{}$[\]]/.test(text) || text.split(':').some(isAccountWord) || isFillIn(text);

/** What stands in place of an account id. */
const isAccountWord = (text: string): boolean =>
  /^(?:x{4,}|[_%]*(?:your|my)?[-_]?(?:aws)?[-_]?account(?:[-_]?(?:id|number))?[_%]*)$/i.test(text) ||
  isFillIn(text);

/** A text that is no more than the request to replace it: `REPLACE_ME`, `CHANGEME`, `YOUR_ROLE_NAME`. */
export const isFillIn = (text: string): boolean =>
  /^(?:(?:replace|change)[-_ ]?(?:me|this)|fixme|your[-_ ][\w-]+|[A-Z]+_NAME|[a-z]{1,6}-x{6,})$/i.test(
    text,
  ) && !/^[a-z]+_name$/.test(text);

/**
 * The part of a condition's value that a template would have replaced: `<org>`, `{{ org }}`, or a variable of
 * another language than IAM's, whose variables are condition keys, such as `${aws:username}`. Null for none.
 */
export function templatePart(text: string): string | null {
  const [part = null] = /<[A-Za-z][^<>]*>|\{\{[^{}]*\}\}/.exec(text) ?? [];
  if (part !== null) return part;
  for (const [variable, inner = ''] of text.matchAll(/\$\{([^{}]*)\}/g))
    if (!isVariable(inner)) return variable;
  return null;
}

/** @param inner what stands between the braces; a default may follow a comma */
function isVariable(inner: string): boolean {
  const key = inner.split(',', 1)[0]!.trim();
  // An empty one is IAM's own to refuse.
  if (key === '' || /^[*?$]$/.test(key)) return true;
  return (
    /^[\w.-]+(?:\/[\w./-]+)?:[^:]/.test(key) &&
    !/^(?:self|env|opt|ssm|file|sls|cf|param|var|local):/.test(key)
  );
}
