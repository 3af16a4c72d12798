// What was pointless to ask because something else is broken: a line for each cause, so that the one
// finding to mend is not buried under what follows from it. `-v` and the JSON tell each in full.
import type { Result } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import type { Look } from './look.ts';
import { subjectText, wrap } from './text.ts';

export const isConsequence = ({ status, because }: Result): boolean => status === 'skip' && because !== null;

/** `- SKIP     ID008, ID009: pointless until TP018 is mended (Deployment shop/amber)`, wrapped. */
export function consequenceLines(results: readonly Result[], look: Look): string[] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const { kind, namespace, name } = result.subject;
    const key = JSON.stringify([result.because, kind, namespace, name]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].flatMap((group) => {
    const { because, subject } = group[0]!;
    const codes = [...new Set(group.map(({ code }) => code))].join(', ');
    const whom = subjectText({ ...subject, node: null, role: null, container: null });
    const text = `${codes}: pointless until ${because} is mended (${whom})`;
    return wrap(visible(text), look.width - INDENT).map(
      (line, index) => (index === 0 ? `  ${look.badge('skip')}  ` : ' '.repeat(INDENT)) + line,
    );
  });
}

// As wide as the mark and its word.
const INDENT = 13;
