import { Args } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { nearestName } from '../model/nearest.ts';
import { usageProblem } from '../model/problem.ts';

interface Page {
  code: string;
  title: string;
  /** Markdown; null in the list. */
  text: string | null;
}

export default class Explain extends PodIamCommand<typeof Explain> {
  static override summary =
    'Explain one check: what it means, why it matters, how to mend it. Works offline.';
  static override examples = ['<%= config.bin %> explain', '<%= config.bin %> explain TP018'];
  static override enableJsonFlag = true;
  static override args = {
    code: Args.string({ description: 'The code, such as TP018. Default: list all.', ignoreStdin: true }),
  };

  async run(): Promise<Page | Page[]> {
    const { listPages, readPage } = await import('../doctor/pages.ts');
    const pages = listPages();
    const wanted = this.args.code;
    if (wanted === undefined) {
      for (const { code, title } of pages) this.log(`${code}  ${title}`);
      return pages.map((page) => ({ ...page, text: null }));
    }
    const code = wanted.toUpperCase();
    const page = pages.find((candidate) => candidate.code === code);
    if (!page) {
      const guess = nearestName(
        code,
        pages.map((candidate) => candidate.code),
      );
      throw usageProblem({
        code: 'NO_CODE',
        what: `there is no check ${wanted}${guess === null ? '' : `; did you mean ${guess}?`}`,
        next: `${this.config.bin} explain${guess === null ? '' : ` ${guess}`}`,
      });
    }
    const text = readPage(code);
    this.log(text.trimEnd());
    return { ...page, text };
  }
}
