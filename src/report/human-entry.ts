// One finding (or several alike) as a block of labelled lines.
import type { Fix, Result } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import type { Look } from './look.ts';
import { patchText, subjectText, wrap } from './text.ts';

const INDENT = 10;
const LABEL = 10;

/** @param alike results of one code that differ by their subject alone; never empty */
export function renderEntry(alike: Result[], look: Look): string {
  const result = alike[0]!;
  const head = `  ${look.badge(result.status)}  ${look.paint.bold(result.code)} ${severityWord(result)}  ${visible(result.title)}`;
  const lines = [head, ...subjectLines(alike, look)];
  const add = (label: string, text: string | null): void => {
    if (text) lines.push(...labelled(label, text, look));
  };
  if (result.status === 'pass') {
    add('Observed', result.observed);
    add('Control', controlText(result));
    return lines.join('\n');
  }
  if (result.status === 'skip') {
    add('Because', result.because === null ? result.observed : `${result.because}: ${result.observed}`);
    return lines.join('\n');
  }
  add('Expected', result.expected);
  add('Observed', result.observed);
  add('Why', result.why);
  for (const { what, value } of result.evidence) add('Evidence', `${what}: ${value}`);
  add('Control', controlText(result));
  if (result.fix) lines.push(...fixLines(result.fix, result.status === 'unknown' ? 'Needs' : 'Fix', look));
  add('More', `${look.bin} explain ${result.code}`);
  return lines.join('\n');
}

const severityWord = (result: Result): string => (result.status === 'pass' ? '' : result.severity).padEnd(8);

function subjectLines(alike: Result[], look: Look): string[] {
  return alike.flatMap(({ subject }, index) =>
    labelled(index === 0 ? 'Subject' : '', subjectText(subject), look),
  );
}

function labelled(label: string, text: string, look: Look): string[] {
  const room = look.width - INDENT - LABEL;
  return wrap(visible(text, { lines: true }), room).map((line, index) => {
    const name = index === 0 ? look.paint.dim(label.padEnd(LABEL)) : ' '.repeat(LABEL);
    return (' '.repeat(INDENT) + name + line).trimEnd();
  });
}

function fixLines(fix: Fix, label: string, look: Look): string[] {
  const lines = labelled(label, fix.text, look);
  lines.push(...pasteable('Run', fix.command, look));
  // The grants of unknowns are gathered at the end, each once.
  if (label !== 'Needs') lines.push(...pasteable(fix.jsonPatch ? 'Change' : 'Patch', patchText(fix), look));
  return lines;
}

/** Commands and patches are printed as they are: wrapped, they could not be pasted. */
function pasteable(label: string, text: string | null, look: Look): string[] {
  return verbatim(text).map((line, index) => {
    const name = index === 0 ? look.paint.dim(label.padEnd(LABEL)) : ' '.repeat(LABEL);
    return (' '.repeat(INDENT) + name + look.paint.cyan(line)).trimEnd();
  });
}

/** Text to paste, line by line, with control characters made visible. */
export const verbatim = (text: string | null): string[] =>
  text === null || text === '' ? [] : visible(text.replace(/\n$/, ''), { lines: true }).split('\n');

const controlText = ({ control }: Result): string | null =>
  control === null ? null : `${control.what}: ${control.outcome}`;
