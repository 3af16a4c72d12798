// A simulation as text: the decision first, then each statement with its reason.
import { visible } from '../model/visible.ts';
import type { Simulation } from './simulate.ts';

export function renderSimulation({ decision, because, statements, needs, caveats }: Simulation): string {
  const lines = [`${decision}: ${because}`];
  for (const { index, sid, effect, matched, why } of statements) {
    const name = sid ? `${index} ${sid}` : String(index);
    const verdict = matched === 'unknown' ? 'may match' : matched ? 'matches' : 'does not match';
    lines.push(`  statement ${name} (${effect}) ${verdict}: ${why}`);
  }
  if (needs.length > 0)
    lines.push(decision === 'unknown' ? 'Needed to decide:' : 'Needed:', ...needs.map((need) => `  ${need}`));
  lines.push(...caveats.map((caveat) => `Note: ${caveat}.`));
  return lines.map((line) => visible(line)).join('\n');
}
