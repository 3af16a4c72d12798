// What came of each client in each scenario, as the tables that the run prints and docs/clients.md holds.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './sdk-clients.ts';

const page = fileURLToPath(new URL('../../../docs/clients.md', import.meta.url));
const marks = /(<!-- matrix -->\n).*(<!-- end of matrix -->)/s;
const columnsAcross = 5;

interface Cell {
  client: string;
  column: string;
  /** What it means, such as `own role`. */
  text: string;
  outcome: Outcome;
}

export class Matrix {
  readonly #cells: Cell[] = [];

  /** @param client with its version */
  record(client: string, column: string, text: string, outcome: Outcome): void {
    this.#cells.push({ client, column, text, outcome });
  }

  /** Markdown: a row for each client, a column for each scenario; then the clients' own words. */
  render(): string {
    const clients = [...new Set(this.#cells.map(({ client }) => client))];
    const columns = [...new Set(this.#cells.map(({ column }) => column))];
    const cellOf = (client: string, column: string): string => {
      const cell = this.#cells.find((one) => one.client === client && one.column === column);
      return cell ? `${cell.text}, ${cell.outcome.ms} ms` : '';
    };
    const tables: string[] = [];
    for (let i = 0; i < columns.length; i += columnsAcross) {
      const across = columns.slice(i, i + columnsAcross);
      const rows = clients.map((client) => [client, ...across.map((column) => cellOf(client, column))]);
      tables.push(
        table(
          ['client', ...across],
          rows.filter(([, ...cells]) => cells.some((cell) => cell)),
        ),
      );
    }
    const words = this.#cells.flatMap(({ client, column, outcome: { error } }) =>
      error === undefined ? [] : [[client, column, `\`${oneLine(error)}\``]],
    );
    return [...tables, table(['client', 'when', 'its own words'], words)].join('\n');
  }

  /** What the page says otherwise. With UPDATE_GOLDEN the page is written anew first. */
  differences(): string[] {
    if (process.env['UPDATE_GOLDEN']) {
      const how = `Run of ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores, Node ${process.version}.`;
      writeFileSync(
        page,
        readPage().replace(marks, (_, start, end) => `${start}${how}\n\n${this.render()}${end}`),
      );
    }
    const said = cellsOf(marks.exec(readPage())?.[0] ?? '');
    return this.#cells.flatMap(({ client, column, text }) => {
      const before = said.get(`${nameOf(client)}, ${column}`);
      return before === text ? [] : [`${client}, ${column}: ${text}; the page says ${before}`];
    });
  }
}

const readPage = (): string => readFileSync(page, 'utf8');

/** The cells of the page without their times, which differ from run to run. */
function cellsOf(text: string): Map<string, string> {
  const cells = new Map<string, string>();
  let head: string[] = [];
  for (const line of text.split('\n').filter((one) => one.startsWith('|'))) {
    const [client = '', ...row] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (client === 'client') head = row;
    else
      for (const [i, cell] of row.entries())
        cells.set(`${nameOf(client)}, ${head[i]}`, cell.replace(/, \d+ ms$/, ''));
  }
  return cells;
}

/** Without its version: that of curl is the machine's. */
const nameOf = (client: string): string => client.replace(/ \S+$/, '');

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');

const oneLine = (error: string): string =>
  error.replace(/\s+/g, ' ').replaceAll('|', '/').replaceAll('`', "'").slice(0, 160);
