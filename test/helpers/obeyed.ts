// What a terminal or a CI job's log would obey in an output, told by rules of its own: those of the runners.

/** Pieces of which hostile text is made: controls, escape sequences, bidirectional marks, blanks, commands. */
export const HOSTILE = [
  '\x1b[2J',
  '\x1b]8;;https://example.com\x07',
  '\x9b8m',
  '\x9d0;title\x9c',
  '\x85',
  '\x7f',
  '\r',
  '\n',
  '\t',
  '\v',
  ' ',
  '  ',
  '\u00a0',
  '\u3000',
  '\u2028',
  '\u202e',
  '\u2066',
  '\u061c',
  '\u200b',
  '\u{e0041}',
  '::error::x',
  '::stop-commands::y',
  '::add-mask::z',
  '::set-output name=a::b',
  '##vso[task.setvariable variable=PATH]/tmp',
  '##[add-path]/tmp',
  '#',
  '%0A',
  'word',
];

/**
 * The first thing in it that would be obeyed, or null. GitHub trims a line by Unicode and looks for `::` at its
 * start and `##[` anywhere (src/Runner.Common/ActionCommand.cs of https://github.com/actions/runner); Azure
 * looks for `##vso[` anywhere (https://github.com/microsoft/azure-pipelines-agent).
 * @param own lines that are commands of ours
 */
export function obeyed(output: string, own: RegExp = /(?!)/): string | null {
  const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.exec(output);
  if (unseen) return `U+${unseen[0].codePointAt(0)!.toString(16)}`;
  for (const line of output.split('\n')) {
    if (/##(vso)?\[/.test(line)) return line;
    if (/^::[\w-]+( .*)?::/.test(line.trim()) && !own.test(line)) return line;
  }
  return null;
}
