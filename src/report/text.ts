// Text for people: what a cluster says is shown and never obeyed, lines fit the width, and a name is
// whole unless there is no room for it.
import type { Fix, Subject } from '../model/finding.ts';
import { visible, withoutCommands } from '../model/visible.ts';

/**
 * Lines of at most `width` characters, broken at spaces only: a name or an ARN stays in one piece. What a CI
 * job's log would obey at the start of a line alone comes there by the wrapping, so it is broken here.
 */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + 1 + word.length > width) {
        lines.push(current);
        current = word;
      } else current = current === '' ? word : `${current} ${word}`;
    }
    return [...lines, current].map(withoutCommands);
  });
}

/** Takes the middle out of a text that is too long: both ends of an ARN tell something. */
export function shortenMiddle(text: string, max: number, gap = '…'): string {
  if (text.length <= max) return text;
  const room = Math.max(max - gap.length, 2);
  const head = Math.floor(room / 3);
  return text.slice(0, head) + gap + text.slice(text.length - (room - head));
}

/** `3 errors`, `1 error`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** `450 ms`, `2.1 s`. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** `Deployment apps/web, container app, node worker-1`. */
export function subjectText(subject: Subject): string {
  const name = subject.namespace === null ? subject.name : `${subject.namespace}/${subject.name}`;
  const place = placeText(subject);
  // A document is named after its file, whose name its place holds.
  const isFile = place !== null && subject.name === subject.file;
  const parts = [`${subject.kind} ${isFile ? place : name}`];
  if (subject.container !== null) parts.push(`container ${subject.container}`);
  if (subject.node !== null && subject.node !== subject.name) parts.push(`node ${subject.node}`);
  if (subject.role !== null && subject.role !== subject.name) parts.push(`role ${subject.role}`);
  if (place !== null && !isFile) parts.push(place);
  return visible(parts.join(', '));
}

/**
 * What is to be pasted. Of a corrected document only the changes are shown, a line for each:
 * `replace /Statement/0/Effect: "Allow"`; the JSON report holds it whole.
 */
export function patchText({ patch, jsonPatch }: Fix): string | null {
  if (!jsonPatch) return patch;
  return jsonPatch
    .map((operation) => {
      const head = `${operation.op} ${operation.path}`;
      if (operation.op === 'remove') return head;
      const short = JSON.stringify(operation.value);
      return `${head}: ${short.length > 60 ? JSON.stringify(operation.value, null, 2) : short}`;
    })
    .join('\n');
}

/** `FILE:LINE:COLUMN#/pointer`; null for a subject that is in no file. */
function placeText({ file, line, column, pointer }: Subject): string | null {
  if (file === null) return null;
  const at = line === null ? '' : `:${line}${typeof column === 'number' ? `:${column}` : ''}`;
  return `${file}${at}${pointer ? `#${pointer}` : ''}`;
}
