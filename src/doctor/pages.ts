// The pages of `explain`: one Markdown file per code, whose first line is `# CODE · title`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { environmentProblem } from '../model/problem.ts';

const folder = new URL('../../templates/explain/', import.meta.url);
const PAGE = /^[A-Z]{2}\d{3}\.md$/;

/** All codes with their titles, in the order of the codes. */
export function listPages(): { code: string; title: string }[] {
  return readdirSync(folder)
    .filter((name) => PAGE.test(name))
    .sort()
    .map((name) => {
      const code = name.slice(0, -'.md'.length);
      const first = readPage(code).split('\n', 1)[0]!;
      return { code, title: first.replace(/^# \w+ · /, '') };
    });
}

/** @throws Problem when the installation lacks the page */
export function readPage(code: string): string {
  try {
    return readFileSync(new URL(`${code}.md`, folder), 'utf8');
  } catch (error) {
    throw environmentProblem({
      code: 'NO_PAGE',
      what: `the page of ${code} is missing from this installation`,
      next: 'install pod-iam again',
      cause: error,
    });
  }
}

/** A page; null for a code that has none. */
export function findPage(code: string): string | null {
  return PAGE.test(`${code}.md`) && existsSync(new URL(`${code}.md`, folder)) ? readPage(code) : null;
}
