// Where a flag's value comes from when the command line leaves it open: POD_IAM_<FLAG>, then
// pod-iam.yaml, whose keys are the flags' names, then the default.
import { nearestName } from '../model/nearest.ts';
import { isOff, isOn } from '../model/on-off.ts';
import { usageProblem } from '../model/problem.ts';
import { readConfigFile } from './config-file.ts';

export interface FlagDefinition {
  type: 'boolean' | 'option';
  allowNo?: boolean;
  multiple?: boolean;
  required?: boolean;
  options?: readonly string[];
  parse?: (text: string, context: object, options: object) => Promise<unknown>;
}
export type FlagDefinitions = Record<string, FlagDefinition>;

type FlagValues = Record<string, unknown>;

export interface FillRequest {
  /** As oclif parsed them, defaults included. */
  given: FlagValues;
  metadata: Record<string, { setFromDefault?: boolean } | undefined>;
  definitions: FlagDefinitions;
  environment: Record<string, string | undefined>;
  /** The flags of all commands: they share one file. */
  knownKeys(): string[];
}

export type Origin = 'flag' | 'environment' | 'config' | 'default';

export interface Filled {
  values: FlagValues;
  /** Where each value came from. */
  origins: Record<string, Origin>;
  warnings: string[];
}

/** Throws a usage Problem for a value that does not fit, and for a file that cannot be read. */
export async function fillFlags(request: FillRequest): Promise<Filled> {
  const { given, metadata, definitions, environment } = request;
  const values: FlagValues = { ...given };
  const origins: Record<string, Origin> = {};
  const file = await readConfigFile((given.config as string | undefined) ?? environment.POD_IAM_CONFIG);
  for (const [name, definition] of Object.entries(definitions)) {
    origins[name] = given[name] !== undefined && !metadata[name]?.setFromDefault ? 'flag' : 'default';
    if (origins[name] === 'flag') continue;
    const variable = environmentName(name);
    const fromFile = file?.values[name];
    if (environment[variable] !== undefined) {
      values[name] = await convert(environment[variable], definition, variable);
      origins[name] = 'environment';
    } else if (fromFile !== undefined && fromFile !== null) {
      values[name] = await convert(fromFile, definition, `${name} in ${file!.path}`);
      origins[name] = 'config';
    }
  }
  return { values, origins, warnings: file === null ? [] : strangeKeys(file, request.knownKeys()) };
}

/** Required flags that nobody has set, as `--name`. */
export const missingFlags = (definitions: FlagDefinitions, values: FlagValues): string[] =>
  Object.entries(definitions)
    .filter(([name, { required }]) => required && values[name] === undefined)
    .map(([name]) => `--${name}`);

/** `base-role-arn` → `POD_IAM_BASE_ROLE_ARN`. */
const environmentName = (flag: string): string => `POD_IAM_${flag.replaceAll('-', '_').toUpperCase()}`;

async function convert(value: unknown, definition: FlagDefinition, where: string): Promise<unknown> {
  if (definition.type === 'boolean') return toBoolean(value, where);
  const one = async (entry: unknown): Promise<unknown> => {
    if (typeof entry === 'object') throw misfit(where, 'one value', JSON.stringify(entry));
    const text = String(entry);
    if (definition.options && !definition.options.includes(text))
      throw misfit(where, `one of ${definition.options.join(', ')}`, text);
    if (!definition.parse) return text;
    try {
      return await definition.parse(text, {}, definition);
    } catch (error) {
      const what = `${where}: ${lowerFirst((error as Error).message)}`;
      throw usageProblem({ code: 'USAGE', what, next: mend(where), cause: error });
    }
  };
  if (!definition.multiple) return one(value);
  return Promise.all((Array.isArray(value) ? value : [value]).map(one));
}

function toBoolean(value: unknown, where: string): boolean {
  if (isOn(String(value))) return true;
  if (isOff(String(value)) || value === '') return false;
  throw misfit(where, 'true or false', String(value));
}

const misfit = (where: string, wanted: string, found: string): Error =>
  usageProblem({ code: 'USAGE', what: `${where} must be ${wanted}, not "${found}"`, next: mend(where) });

const mend = (where: string): string => `mend ${where}, or give the flag, which comes first`;

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function strangeKeys(file: { path: string; values: FlagValues }, known: readonly string[]): string[] {
  return Object.keys(file.values)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const guess = nearestName(key, known);
      return `${file.path} sets "${key}", which is no flag of any command${guess === null ? '' : `; did you mean "${guess}"?`}`;
    });
}
