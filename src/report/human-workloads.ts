// The table of workloads: who should get which role, and what a diagnostic pod proved.
import type { WorkloadProof } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import { WORKLOAD_COLUMNS, workloadCells } from './content.ts';
import type { Look } from './look.ts';
import { shortenMiddle } from './text.ts';

const COLUMNS = WORKLOAD_COLUMNS.map((name) => name.toUpperCase());
/** Those that hold ARNs and may be shortened. */
const ARN_COLUMNS = [2, 3];
const GAP = '  ';

/** Empty without workloads. */
export function renderWorkloads(proofs: readonly WorkloadProof[], look: Look): string {
  if (proofs.length === 0) return '';
  const rows = [COLUMNS, ...proofs.map(row)];
  const fitted = look.shorten ? fit(rows, look) : rows;
  const widths = COLUMNS.map((_, column) => Math.max(...fitted.map((cells) => cells[column]!.length)));
  const lines = fitted.map((cells, index) => {
    const text = cells.map((cell, column) => cell.padEnd(widths[column]!));
    if (index === 0) return look.paint.dim(text.join(GAP).trimEnd());
    text[6] = proofs[index - 1]!.ok ? look.paint.green(cells[6]) : look.paint.red.bold(cells[6]);
    return text.join(GAP).trimEnd();
  });
  return [look.paint.bold.underline('Workloads'), ...lines.map((line) => `  ${line}`)].join('\n');
}

const row = (proof: WorkloadProof): string[] =>
  [...workloadCells(proof), proof.ok ? 'ok' : 'NOT OK'].map((cell) => visible(cell));

/** Shortens the ARN columns alike until a row fits the width, to 24 characters at least. */
function fit(rows: string[][], look: Look): string[][] {
  const width = (column: number): number => Math.max(...rows.map((cells) => cells[column]!.length));
  const all = COLUMNS.reduce((sum, _, column) => sum + width(column) + GAP.length, 0);
  const over = all - look.width;
  if (over <= 0) return rows;
  const arns = ARN_COLUMNS.reduce((sum, column) => sum + width(column), 0);
  const room = Math.max(Math.floor((arns - over) / ARN_COLUMNS.length), 24);
  return rows.map((cells) =>
    cells.map((cell, column) => (ARN_COLUMNS.includes(column) ? shortenMiddle(cell, room, look.gap) : cell)),
  );
}
