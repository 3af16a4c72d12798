// A figure with its goal, and the table that is printed of all of them.

export interface Figure {
  what: string;
  measured: string;
  /** Null for what is only told, without a goal. */
  goal: string | null;
  isMet: boolean;
  /** What the same machine gave in the same run without the daemon. */
  beside?: string;
}

/** A figure whose goal is to be at most this. */
export const atMost = (what: string, value: number, most: number, unit: string, beside?: string): Figure => ({
  what,
  measured: inUnit(value, unit),
  goal: `≤ ${inUnit(most, unit)}`,
  // Not `>`: what could not be measured is no success.
  isMet: value <= most,
  ...(beside !== undefined && { beside }),
});

export const exactly = (what: string, value: number, wanted: number): Figure => ({
  what,
  measured: String(value),
  goal: String(wanted),
  isMet: value === wanted,
});

export const told = (what: string, measured: string, beside?: string): Figure => ({
  what,
  measured,
  goal: null,
  isMet: true,
  ...(beside !== undefined && { beside }),
});

export function inUnit(value: number, unit: string): string {
  const digits = unit === '×' ? 2 : value < 10 ? 1 : 0;
  return `${value.toFixed(digits)}${unit === '×' ? '' : ' '}${unit}`;
}

/** A Markdown table. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, measured, goal, isMet, beside }) => [
    what,
    measured,
    goal ?? '',
    goal === null ? '' : isMet ? 'met' : '**missed**',
    beside ?? '',
  ]);
  const all = [['figure', 'measured', 'goal', '', 'beside'], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length), 3));
  const line = (row: string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(all[0]!), rule, ...rows.map(line)].join('\n');
}
