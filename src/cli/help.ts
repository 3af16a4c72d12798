// Help as oclif prints it, under the name that the user called, and with the examples near the top.
import { CommandHelp, Help, type Interfaces } from '@oclif/core';
import { settleName } from './name.ts';

type Section = ReturnType<CommandHelp['sections']>[number];

const FIRST = ['USAGE', 'DESCRIPTION', 'EXAMPLES'];

class PodIamCommandHelp extends CommandHelp {
  protected override sections(): Section[] {
    const rank = ({ header }: Section): number => {
      const place = FIRST.indexOf(header);
      return place < 0 ? FIRST.length : place;
    };
    return super.sections().sort((a, b) => rank(a) - rank(b));
  }
}

export default class PodIamHelp extends Help {
  protected override CommandHelpClass = PodIamCommandHelp;

  constructor(config: Interfaces.Config, options?: Partial<Interfaces.HelpOptions>) {
    settleName(config, process.env);
    super(config, options);
  }
}
