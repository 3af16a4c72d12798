// What every command shares: the global flags, where a flag's value comes from, and how errors end.
// Order of precedence: flag, then POD_IAM_<FLAG>, then pod-iam.yaml, then the default.
import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import { EXIT, Problem } from '../model/problem.ts';
import { readConfig } from './config.ts';
import { renderProblem } from './problems.ts';

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof PodIamCommand)['baseFlags'] & T['flags']
>;
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

export abstract class PodIamCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    kubeconfig: Flags.string({ summary: 'Kubeconfig file, as kubectl takes it.', helpGroup: 'GLOBAL' }),
    context: Flags.string({ summary: 'Kubeconfig context to use.', helpGroup: 'GLOBAL' }),
    namespace: Flags.string({ char: 'n', summary: "The workloads' namespace.", helpGroup: 'GLOBAL' }),
    profile: Flags.string({ summary: 'AWS profile, as the AWS CLI takes it.', helpGroup: 'GLOBAL' }),
    region: Flags.string({ summary: 'AWS region.', helpGroup: 'GLOBAL' }),
    config: Flags.string({
      summary: 'Configuration file; default: pod-iam.yaml, here or in a parent folder.',
      helpGroup: 'GLOBAL',
    }),
    'no-color': Flags.boolean({ summary: 'Print without colour.', helpGroup: 'GLOBAL' }),
  };

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;

  override async init(): Promise<void> {
    await super.init();
    const ctor = this.ctor as T;
    const given = await this.parse({
      flags: ctor.flags,
      baseFlags: (super.ctor as typeof PodIamCommand).baseFlags,
      args: ctor.args,
      strict: ctor.strict,
    });
    this.flags = (await readConfig(given.flags, given.metadata.flags, ctor)) as FlagsOf<T>;
    this.args = given.args as ArgsOf<T>;
    if (this.flags['no-color']) process.env.NO_COLOR = '1';
  }

  /** Ends with an exit code after a result was printed. */
  protected end(code: number): void {
    if (code !== EXIT.ok) process.exitCode = code;
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<void> {
    // oclif's own: wrong words are exit 2, a wanted exit passes.
    if (error instanceof Errors.ExitError) throw error;
    const problem = isUsage(error)
      ? new Problem('usage', {
          code: 'USAGE',
          what: firstLine(error.message),
          next: `${this.config.bin} ${commandWords(this)} --help`,
        })
      : error;
    const { text, exitCode } = renderProblem(problem, { debug: Boolean(process.env.DEBUG) });
    if (this.jsonEnabled()) this.logJson(errorJson(problem, exitCode));
    process.stderr.write(text);
    process.exitCode = exitCode;
  }
}

function isUsage(error: Error): boolean {
  return error instanceof Errors.CLIError && !(error instanceof Problem);
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;

const commandWords = (command: Command): string => (command.id ?? '').replaceAll(':', ' ');

/** oclif's own form dumps the whole configuration with its paths. */
function errorJson(error: Error, exitCode: number): unknown {
  const problem = error instanceof Problem ? error : null;
  return {
    schemaVersion: 1,
    error: {
      code: problem?.code ?? 'DEFECT',
      message: error.message,
      why: problem?.why ?? null,
      next: problem?.next ?? null,
      exitCode,
    },
  };
}
