// A figure with its goal, and the table that is printed of all of them.

export interface Figure {
  what: string;
  measured: string;
  /** Null for what is only told, without a goal. */
  goal: string | null;
  /** `machine`: a server without the daemon misses the goal too, so that nothing is said of the daemon. */
  verdict: 'met' | 'missed' | 'machine' | 'told';
  /** What the same machine gave in the same run without the daemon. */
  beside?: string;
}

/** A figure whose goal is to be at most this. */
export const atMost = (
  what: string,
  value: number,
  most: number,
  unit: string,
  {
    beside,
    control = 0,
  }: { beside?: string /** The same figure without the daemon. */; control?: number } = {},
): Figure => ({
  what,
  measured: inUnit(value, unit),
  goal: `≤ ${inUnit(most, unit)}`,
  // Not `>`: what could not be measured is no success.
  verdict: value <= most ? 'met' : control > most ? 'machine' : 'missed',
  ...(beside !== undefined && { beside }),
});

export const exactly = (what: string, value: number, wanted: number): Figure => ({
  what,
  measured: String(value),
  goal: String(wanted),
  verdict: value === wanted ? 'met' : 'missed',
});

export const told = (what: string, measured: string, beside?: string): Figure => ({
  what,
  measured,
  goal: null,
  verdict: 'told',
  ...(beside !== undefined && { beside }),
});

export function inUnit(value: number, unit: string): string {
  const digits = unit === '×' ? 2 : value < 10 ? 1 : 0;
  return `${value.toFixed(digits)}${unit === '×' ? '' : ' '}${unit}`;
}

const words = { met: 'met', missed: '**missed**', machine: 'beyond this machine', told: '' };

/** A Markdown table. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, measured, goal, verdict, beside }) => [
    what,
    measured,
    goal ?? '',
    words[verdict],
    beside ?? '',
  ]);
  const all = [['figure', 'measured', 'goal', '', 'beside'], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length), 3));
  const line = (row: string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(all[0]!), rule, ...rows.map(line)].join('\n');
}
