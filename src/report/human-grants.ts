// What would let the unknown results be decided: each grant once, with the codes that wait for it.
import type { Result } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import { verbatim } from './human-entry.ts';
import type { Look } from './look.ts';

/** Empty when nothing is unknown for want of a permission. */
export function renderGrants(results: readonly Result[], look: Look): string {
  const grants = new Map<string, { text: string; codes: Set<string> }>();
  for (const { status, code, fix } of results) {
    if (status !== 'unknown' || !fix?.patch) continue;
    const grant = grants.get(fix.patch) ?? { text: fix.text, codes: new Set() };
    grant.codes.add(code);
    grants.set(fix.patch, grant);
  }
  if (grants.size === 0) return '';
  const lines = [look.paint.bold.underline('To decide what is unknown, grant')];
  for (const [snippet, { text, codes }] of grants) {
    lines.push(`  ${visible(text)} ${look.paint.dim(`(for ${[...codes].join(', ')})`)}`);
    for (const line of verbatim(snippet)) lines.push(`    ${line}`);
  }
  return lines.join('\n');
}
