// Tables as kubectl prints them: no borders, upper-case heads, columns as wide as their widest cell.
import { visible } from '../model/visible.ts';

/** Lines without trailing blanks; an empty cell is shown as `-`. */
export function table(heads: readonly string[], rows: readonly (readonly (string | null)[])[]): string[] {
  const cells = [
    heads.map((head) => head.toUpperCase()),
    ...rows.map((row) => row.map((cell) => visible(cell || '-'))),
  ];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('   ')
      .trimEnd(),
  );
}
