// Changes of a cluster as lines for a terminal.
import { Chalk } from 'chalk';
import { type Change, nameOf } from '../cluster/change.ts';
import { visible } from '../model/visible.ts';

export function colouredDiff(diff: string, hasColour: boolean): string {
  const chalk = new Chalk({ level: hasColour ? 1 : 0 });
  return visible(diff.trimEnd(), { lines: true })
    .split('\n')
    .map((line) => {
      if (/^(---|\+\+\+) /.test(line)) return chalk.bold(line);
      if (line.startsWith('@@')) return chalk.cyan(line);
      if (line.startsWith('+')) return chalk.green(line);
      return line.startsWith('-') ? chalk.red(line) : line;
    })
    .join('\n');
}

/** One line per object that changes, or one line that says that none does. */
export function changesInWords(changes: readonly Change[]): string {
  const lines = changes
    .filter(({ action }) => action !== 'none')
    .map(({ action, object }) => `${action === 'create' ? '+ create' : '~ change'} ${nameOf(object)}`);
  return lines.length === 0
    ? `Nothing to change: all ${changes.length} objects are as they should be`
    : lines.join('\n');
}
