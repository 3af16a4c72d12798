import { Args } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';

export default class Explain extends PodIamCommand<typeof Explain> {
  static override summary = 'Explain one check: what it means, why it matters, how to mend it.';
  static override args = { code: Args.string({ description: 'The code, such as TP018.', ignoreStdin: true }) };

  async run(): Promise<void> {
    this.log(this.args.code ?? '');
  }
}
