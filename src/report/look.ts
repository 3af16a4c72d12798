// How a human report looks: colours, marks, width. Each mark stands beside a word, so that neither
// colour nor symbol carries meaning alone.
import { Chalk, type ChalkInstance } from 'chalk';
import type { Status } from '../model/finding.ts';
import type { RenderOptions } from './render.ts';

export interface Look {
  paint: ChalkInstance;
  width: number;
  verbose: boolean;
  shorten: boolean;
  bin: string;
  gap: string;
  dot: string;
  /** `✗ FAIL   `, in its colour; all are of one width. */
  badge(status: Status): string;
}

const words: Record<Status, string> = {
  pass: 'PASS',
  warn: 'WARN',
  fail: 'FAIL',
  skip: 'SKIP',
  unknown: 'UNKNOWN',
};
const marks: Record<Status, string> = { pass: '✓', warn: '!', fail: '✗', skip: '-', unknown: '?' };
const asciiMarks: Record<Status, string> = { pass: '+', warn: '!', fail: 'x', skip: '-', unknown: '?' };

export function lookOf(options: RenderOptions): Look {
  const paint = new Chalk({ level: options.color ? 1 : 0 });
  const colours: Record<Status, ChalkInstance> = {
    pass: paint.green,
    warn: paint.yellow,
    fail: paint.red.bold,
    skip: paint.dim,
    unknown: paint.magenta,
  };
  const ascii = options.ascii ?? false;
  return {
    paint,
    width: Math.max(options.width, 40),
    verbose: options.verbose ?? false,
    shorten: options.shorten ?? false,
    bin: options.bin ?? 'pod-iam',
    gap: ascii ? '...' : '…',
    dot: ascii ? '-' : '·',
    badge: (status) => colours[status](`${(ascii ? asciiMarks : marks)[status]} ${words[status].padEnd(7)}`),
  };
}
