// What every command shares: the global flags, where a flag's value comes from, how it is interrupted
// and how errors end.
import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import { printedJson } from '../model/printed-json.ts';
import { EXIT, Problem, usageProblem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { visible } from '../model/visible.ts';
import { hasColour } from './colour.ts';
import { type FlagDefinitions, fillFlags, missingFlags, type Origin } from './config.ts';
import { type Interrupts, watchInterrupts } from './interrupt.ts';
import { errorJson, wantsJson, withSchema } from './json.ts';
import { settleName } from './name.ts';
import { renderProblem } from './problems.ts';
import { createProgress } from './progress.ts';
import { spellSwitches } from './switches.ts';
import { usageOf } from './usage.ts';

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

  /** Set by a command that answers SIGINT and SIGTERM itself, as the daemon does. */
  static ownSignals = false;

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** Where each flag's value came from. */
  protected origins: Record<string, Origin> = {};
  /** Told on stderr; a terminal sees it live. */
  protected progress: Progress = createProgress({ stream: process.stderr });
  #interrupts: Interrupts | null = null;

  /** Aborted by Ctrl-C or SIGTERM, with a Problem as its reason; whoever reads it must heed it. */
  protected get signal(): AbortSignal {
    this.#interrupts ??= this.#watch();
    return this.#interrupts.signal;
  }

  /** For `deliverReport`: the program's name, and whether the run was interrupted. */
  protected get ending(): { bin: string; interrupted: boolean } {
    return { bin: this.config.bin, interrupted: this.#interrupts?.isAborted ?? false };
  }

  override async init(): Promise<void> {
    await super.init();
    settleName(this.config, process.env);
    const ctor = this.ctor as T & { ownSignals: boolean };
    if (!ctor.ownSignals) this.#interrupts = this.#watch();
    const definitions = this.#definitions();
    this.argv = spellSwitches(this.argv, definitions, this.#help());
    // What the command line leaves open, the environment or the file may still say.
    const optional = Object.fromEntries(
      Object.entries(definitions).map(([name, flag]) => [name, { ...flag, required: false }]),
    );
    const given = await this.parse({ flags: optional, args: ctor.args, strict: ctor.strict } as never);
    const { values, origins, warnings } = await fillFlags({
      given: given.flags,
      metadata: given.metadata.flags,
      definitions,
      environment: process.env,
      knownKeys: () => this.config.commands.flatMap((command) => Object.keys(command.flags)),
    });
    for (const warning of warnings) process.stderr.write(`Warning: ${visible(warning)}\n`);
    const missing = missingFlags(definitions, values);
    if (missing.length > 0)
      throw usageProblem({ code: 'USAGE', what: `missing flag ${missing.join(', ')}`, next: this.#help() });
    this.origins = origins;
    this.flags = values as FlagsOf<T>;
    this.args = given.args as ArgsOf<T>;
    if (this.flags['no-color']) process.env.FORCE_COLOR = '0';
  }

  /** Ends with an exit code after a result was printed. */
  protected end(code: number): void {
    if (code !== EXIT.ok) process.exitCode = code;
  }

  /** Whether text on stdout may be coloured. */
  protected get hasColour(): boolean {
    return hasColour(process.stdout, process.env);
  }

  /** Lines that hold what others wrote. A command that ends in a report says nothing else on stdout. */
  override log(message = ''): void {
    if ('fail-on' in this.#definitions()) this.logToStderr(message);
    else super.log(visible(message, { lines: true }));
  }

  override logToStderr(message = ''): void {
    super.logToStderr(visible(message, { lines: true }));
  }

  /** Lines in our own colours, in which what others wrote was made visible before it was painted. */
  protected logPainted(message: string, { toStderr = false } = {}): void {
    if (toStderr) super.logToStderr(message);
    else super.log(message);
  }

  override logJson(value: unknown): void {
    this.#printJson(value);
  }

  override jsonEnabled(): boolean {
    const flags = this.flags as { json?: boolean } | undefined;
    return super.jsonEnabled() || (flags?.json ?? (this.#knowsJson() && wantsJson(this.argv)));
  }

  protected override toSuccessJson(result: unknown): unknown {
    return withSchema(result);
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<void> {
    // A wanted exit, such as that of --version.
    if (error instanceof Errors.ExitError) throw error;
    this.progress.end();
    const usage = usageOf(error, this.config.bin, this.id, Object.keys(this.#definitions()));
    const problem = this.#interruption(error) ?? usage ?? error;
    const { text, exitCode } = renderProblem(problem, { debug: Boolean(process.env.DEBUG) });
    if (this.jsonEnabled() || wantsJson(this.argv)) this.#printJson(errorJson(problem, exitCode));
    process.stderr.write(text);
    process.exitCode = exitCode;
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.progress.end();
    this.#interrupts?.stop();
    await super.finally(error);
  }

  /** What was thrown because the work was told to stop is the interruption, whatever its words. */
  #interruption(error: Error): Problem | null {
    const reason = this.#interrupts?.isAborted ? this.#interrupts.signal.reason : null;
    return reason instanceof Problem && (!(error instanceof Problem) || error.kind === 'environment')
      ? reason
      : null;
  }

  #watch(): Interrupts {
    return watchInterrupts({
      target: process,
      say: (text) => process.stderr.write(text),
      quit: (problem) => {
        this.progress.end();
        if (this.jsonEnabled()) this.#printJson(errorJson(problem, problem.exitCode));
        process.stderr.write(renderProblem(problem, { debug: false }).text);
        process.exit(problem.exitCode);
      },
    });
  }

  #definitions(): FlagDefinitions {
    const ctor = this.ctor as T;
    const json = ctor.enableJsonFlag
      ? { json: Flags.boolean({ summary: 'Print JSON.', helpGroup: 'GLOBAL' }) }
      : {};
    return { ...ctor.baseFlags, ...ctor.flags, ...json } as FlagDefinitions;
  }

  #knowsJson(): boolean {
    return 'json' in this.#definitions();
  }

  #printJson(value: unknown): void {
    process.stdout.write(`${printedJson(value)}\n`);
  }

  #help(): string {
    return `${this.config.bin} ${(this.id ?? '').replaceAll(':', ' ')} --help`;
  }
}
