// Help as oclif prints it, under the name that the user called, with a usage line that fits a line and
// the examples near the top.
import { type Command, CommandHelp, Help, type Interfaces } from '@oclif/core';
import { settleName } from './name.ts';

type Section = ReturnType<CommandHelp['sections']>[number];

const FIRST = ['USAGE', 'DESCRIPTION', 'EXAMPLES'];

class PodIamCommandHelp extends CommandHelp {
  constructor(...options: ConstructorParameters<typeof CommandHelp>) {
    super(...options);
    this.render = plainFirst(this.render);
  }

  protected override sections(): Section[] {
    const rank = ({ header }: Section): number => {
      const place = FIRST.indexOf(header);
      return place < 0 ? FIRST.length : place;
    };
    return super.sections().sort((a, b) => rank(a) - rank(b));
  }

  /** Without the summary, which stands above already. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description ? this.wrap(description) : undefined;
  }

  protected override groupFlags(flags: Command.Flag.Any[]): ReturnType<CommandHelp['groupFlags']> {
    const { flagGroups, mainFlags } = super.groupFlags(flags);
    const { GLOBAL = [], ...others } = flagGroups;
    return { mainFlags, flagGroups: { ...others, ...(GLOBAL.length > 0 && { GLOBAL }) } };
  }

  /** Arguments and required flags; oclif's own repeats every flag of the list below. */
  protected override defaultUsage(): string {
    const { id, args, flags } = this.command;
    const words = Object.values(args).filter(({ hidden }) => !hidden);
    const required = Object.values(flags).filter((flag) => flag.required);
    return [
      id,
      ...words.map((arg) => `${this.arg(arg)}${arg.multiple ? '...' : ''}`),
      ...required.map((flag) =>
        `--${flag.name} ${flag.type === 'option' ? `<${flag.helpValue ?? 'value'}>` : ''}`.trim(),
      ),
      '[FLAGS]',
    ].join(' ');
  }
}

export default class PodIamHelp extends Help {
  protected override CommandHelpClass = PodIamCommandHelp;

  constructor(config: Interfaces.Config, options?: Partial<Interfaces.HelpOptions>) {
    settleName(config, process.env);
    super(config, options);
    this.render = plainFirst(this.render);
  }

  override formatRoot(): string {
    const { bin, pjson, userAgent } = this.config;
    const first = FIRST_STEPS.map(([words, why]): [string, string] => [`$ ${bin} ${words}`, why]);
    return [
      this.wrap(pjson.description ?? '', 0),
      this.section('USAGE', `$ ${bin} COMMAND [FLAGS]`),
      this.section('FIRST STEPS', this.renderList(first, { indentation: 2, spacer: '\n' })),
      this.section('VERSION', userAgent),
    ].join('\n\n');
  }
}

const FIRST_STEPS = [
  ['sandbox demo', 'See it all work on this machine, without a cluster or an account.'],
  ['init', 'Prepare an installation: files in a folder, nothing is changed.'],
  ['doctor', 'Find what keeps pods from their roles, and how to mend it.'],
] as const;

/** Most texts hold no template, and compiling each as one takes more than all the rest of help. */
const plainFirst =
  (render: (text: string) => string) =>
  (text: string): string =>
    text.includes('<%') ? render(text) : text;
