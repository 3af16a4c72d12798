// Breaks lines for a terminal of 80 columns, at spaces only: names and ARNs stay whole, to be copied.

const WIDTH = 80;

/** @param lead what stands before the first word @param indent spaces before each further line */
export function wrap(lead: string, text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = lead;
  let isFresh = true;
  for (const word of text.split(' ')) {
    if (!isFresh && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(indent);
      isFresh = true;
    }
    line += isFresh ? word : ` ${word}`;
    isFresh = false;
  }
  return [...lines, line];
}
