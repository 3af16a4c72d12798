import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { noCommand } from '../cli/command-not-found.ts';
import PodIamHelp from '../cli/help.ts';

export default class HelpCommand extends PodIamCommand<typeof HelpCommand> {
  static override summary = 'Print the help of pod-iam or of one command.';
  static override examples = ['<%= config.bin %> help', '<%= config.bin %> help trust-policy generate'];
  static override strict = false;
  static override args = { command: Args.string({ description: 'The command.', ignoreStdin: true }) };
  static override flags = {
    all: Flags.boolean({ summary: 'List the commands of all topics, too.' }),
  };

  async run(): Promise<void> {
    const words = this.argv.filter((word) => !word.startsWith('-'));
    const id = words.join(':');
    if (id !== '' && !this.config.commandIDs.includes(id) && !this.config.findTopic(id))
      throw noCommand(words.join(' '), this.config);
    await new PodIamHelp(this.config, { all: this.flags.all }).showHelp(words);
  }
}
