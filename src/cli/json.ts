// The JSON that commands print: one document on stdout, errors included, marked with its schema.
import { Problem } from '../model/problem.ts';
import { redact } from '../report/redact.ts';

/** Whether the words ask for JSON, for errors that come before they are parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.some(
    (word, index) =>
      word === '--json' ||
      word === '--output=json' ||
      word === '-ojson' ||
      word === '-o=json' ||
      (word === 'json' && (words[index - 1] === '-o' || words[index - 1] === '--output')),
  );
}

/** oclif's own form dumps the whole configuration with its paths. */
export function errorJson(error: unknown, exitCode: number): object {
  const problem = error instanceof Problem ? error : null;
  return redact({
    schemaVersion: 1,
    error: {
      code: problem?.code ?? 'DEFECT',
      message: error instanceof Error ? error.message : String(error),
      why: problem?.why ?? null,
      next: problem?.next ?? null,
      exitCode,
    },
  });
}

/** A command's result, marked with the version of its schema; a list becomes `items`. */
export function withSchema(result: unknown): object {
  if (Array.isArray(result)) return { schemaVersion: 1, items: result };
  if (typeof result === 'object' && result !== null) return { schemaVersion: 1, ...result };
  return { schemaVersion: 1, value: result };
}
