// What a cluster, a file or AWS says is shown to people and never obeyed.

/**
 * Control characters made visible: annotations and file names are other people's text, and a terminal
 * would obey an escape sequence in them, a CI job's log a command. Line ends stay where `lines` is set.
 */
export function visible(text: string, { lines = false } = {}): string {
  return withoutCommands(withoutControls(text, lines));
}

function withoutControls(text: string, lines: boolean): string {
  return text.replace(/[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (char) => {
    if (char === '\n') return lines ? '\n' : '\\n';
    if (char === '\t') return lines ? '\t' : '\\t';
    if (char === '\r') return '\\r';
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/**
 * GitHub obeys `::name …::…` at the start of a line and `##[name]` anywhere, Azure `##vso[name]` anywhere.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 */
const withoutCommands = (text: string): string =>
  text.replace(/##(?=\w*\[)/g, '#\\#').replace(/^([ \t]*)(?=::[a-z][\w-]*(?:\s.*)?::)/gim, '$1\\');
