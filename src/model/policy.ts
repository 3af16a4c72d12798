// The parser of policies: text in, statements with their places out, or all the reasons for which IAM
// would refuse to save the document. The emulated IAM, the evaluator and the checks share it.
import { recogniseObject, recogniseRoot, recogniseText } from './policy/foreign.ts';
import { parseJson } from './policy/json.ts';
import { readPolicy } from './policy/read.ts';
import type { Policy, PolicyFault, PolicyKind } from './policy/types.ts';

export type * from './policy/types.ts';

/** Of the parameter PolicyDocument; the quota on trust policies is lower, and counts no white space. */
export const MAX_DOCUMENT_CHARACTERS = 131_072;

export type ParsedPolicy =
  | { ok: true; policy: Policy; faults: readonly PolicyFault[] }
  | {
      ok: false;
      faults: readonly PolicyFault[];
      /** What could be read in spite of the faults, for further checks; null for no JSON object. */
      policy: Policy | null;
    };

/**
 * Parses a trust policy (or an identity's permissions policy). Never throws. `ok` is true when IAM
 * would save it as far as its text tells; whether its principals exist is another question.
 */
export function parsePolicy(text: string, kind: PolicyKind = 'trust'): ParsedPolicy {
  const refused = refusedText(text);
  if (refused) return { ok: false, faults: [refused], policy: null };
  const json = parseJson(text);
  if (!json.ok) {
    const { message, line, column } = json.fault;
    const fault = {
      code: 'TP001',
      message: `not JSON: ${message}`,
      hint: recogniseText(text) ?? simpleHint(message, kind),
      pointer: '',
      line,
      column,
    };
    return { ok: false, faults: [fault], policy: null };
  }
  const { policy, faults } = readPolicy(json.root, kind);
  for (const { message, pointer, line, column } of json.duplicates)
    faults.push({
      code: 'TP001',
      message,
      hint: 'remove one of them: IAM takes each key once',
      pointer,
      line,
      column,
    });
  if (faults.length > 0) {
    const hint = json.root.type === 'object' ? recogniseObject(json.root) : recogniseRoot(text);
    if (hint !== null) return { ok: false, faults: [{ ...faults[0]!, hint }], policy: null };
  }
  faults.sort((a, b) => a.line - b.line || a.column - b.column);
  if (faults.length > 0) return { ok: false, faults, policy: json.root.type === 'object' ? policy : null };
  return { ok: true, policy, faults };
}

/** What to do where the fault itself tells it. */
function simpleHint(message: string, kind: PolicyKind): string | null {
  if (message.startsWith('a comma stands before')) return 'remove the comma';
  return message === 'it is empty' && kind === 'trust'
    ? 'start from what `pod-iam trust-policy generate` prints'
    : null;
}

function refusedText(text: string): PolicyFault | null {
  const at = { pointer: '', line: 1, column: 1, code: 'TP001' };
  if (text.length > MAX_DOCUMENT_CHARACTERS) {
    return {
      ...at,
      message: `the document has ${text.length} characters; IAM takes ${MAX_DOCUMENT_CHARACTERS} at most`,
      hint: 'check the document alone: a trust policy has a few thousand characters',
    };
  }
  // The pattern of the parameter PolicyDocument: tab, line ends and U+0020 to U+00FF.
  const odd = /[^\t\n\r\u0020-\u00ff]/u.exec(text);
  if (!odd || odd[0] === '\ufeff' || odd[0] < ' ') return null;
  const before = text.slice(0, odd.index);
  const code = `U+${odd[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return {
    ...at,
    line: before.split('\n').length,
    column: odd.index - before.lastIndexOf('\n'),
    message: `the character ${code} stands in it, and IAM takes none above U+00FF`,
    hint: /[\u2018-\u201f]/.test(odd[0])
      ? 'write straight quotes; a word processor turned them into curly ones'
      : recogniseText(text),
  };
}
