// What a cluster, a file or AWS says is shown to people and never obeyed.

/**
 * Characters that nobody sees made visible: annotations and file names are other people's text, and a terminal
 * would obey an escape sequence in them, a reader take one name for another, a CI job's log obey a command.
 * Line ends and tabs stay where `lines` is set.
 */
export function visible(text: string, { lines = false } = {}): string {
  return withoutCommands(withoutUnseen(text, lines));
}

function withoutUnseen(text: string, lines: boolean): string {
  return text.replace(UNSEEN, (char) => {
    if (char === '\n') return lines ? '\n' : '\\n';
    if (char === '\t') return lines ? '\t' : '\\t';
    if (char === '\r') return '\\r';
    const code = char.codePointAt(0)!;
    if (code > 0xffff) return `\\u{${code.toString(16)}}`;
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** Controls, bidirectional and other format characters, halves of a pair, and blanks that are no space. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/**
 * GitHub obeys `::name …::…` at the start of a line and `##[name]` anywhere, Azure `##vso[name]` anywhere.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 */
export const withoutCommands = (text: string): string =>
  text.replace(/##(?=\w*\[)/g, '#\\#').replace(/^([ \t]*)(?=::[a-z][\w-]*(?:\s.*)?::)/gim, '$1\\');
