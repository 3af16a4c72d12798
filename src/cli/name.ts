// The program's name as the user typed it, so that what help prints can be typed again.

type Environment = Record<string, string | undefined>;

/** `kubectl pod-iam` when kubectl called us, else the program's own name. */
export const calledAs = (environment: Environment, bin: string): string =>
  environment.POD_IAM_CALLED_AS || bin;

/** Puts that name where oclif takes it from. */
export function settleName(config: { readonly bin: string }, environment: Environment): void {
  (config as { bin: string }).bin = calledAs(environment, config.bin);
}
