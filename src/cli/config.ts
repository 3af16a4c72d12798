// pod-iam.yaml and POD_IAM_* as sources of flag values. Keys of the file are the flags' names.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from '@oclif/core';
import { usageProblem } from '../model/problem.ts';

type FlagValues = Record<string, unknown>;
type FlagMetadata = Record<string, { setFromDefault?: boolean } | undefined>;

/** Fills what the command line left open: from the environment, then from the file, then as it was. */
export async function readConfig(
  given: FlagValues,
  metadata: FlagMetadata,
  command: typeof Command,
): Promise<FlagValues> {
  const definitions = {
    ...(command as unknown as { baseFlags?: object }).baseFlags,
    ...command.flags,
  } as Record<
    string,
    {
      type: 'boolean' | 'option';
      multiple?: boolean;
      options?: readonly string[];
      parse?: (text: string, context: object, options: object) => Promise<unknown>;
    }
  >;
  const values: FlagValues = { ...given };
  const file = await readConfigFile(given.config as string | undefined);
  for (const [name, definition] of Object.entries(definitions)) {
    const isGiven = name in given && given[name] !== undefined && !metadata[name]?.setFromDefault;
    if (isGiven) continue;
    const variable = `POD_IAM_${name.replaceAll('-', '_').toUpperCase()}`;
    const fromEnvironment = process.env[variable];
    if (fromEnvironment !== undefined) values[name] = await convert(fromEnvironment, definition, variable);
    else if (file && name in file.values)
      values[name] = await convert(file.values[name], definition, `${name} in ${file.path}`);
  }
  return values;
}

async function convert(
  value: unknown,
  definition: {
    type: string;
    multiple?: boolean;
    options?: readonly string[];
    parse?: (text: string, context: object, options: object) => Promise<unknown>;
  },
  where: string,
): Promise<unknown> {
  if (definition.type === 'boolean') {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0' || value === '') return false;
    throw usageProblem({ code: 'USAGE', what: `${where} must be true or false, not "${String(value)}"` });
  }
  const one = async (text: string): Promise<unknown> => {
    if (definition.options && !definition.options.includes(text)) {
      throw usageProblem({
        code: 'USAGE',
        what: `${where} must be one of ${definition.options.join(', ')}, not "${text}"`,
      });
    }
    return definition.parse ? definition.parse(text, {}, definition) : text;
  };
  if (definition.multiple)
    return Promise.all((Array.isArray(value) ? value : [value]).map((entry) => one(String(entry))));
  return one(String(value));
}

async function readConfigFile(
  path: string | undefined,
): Promise<{ path: string; values: FlagValues } | null> {
  const found = path ?? findUpwards('pod-iam.yaml');
  if (found === null) return null;
  if (!existsSync(found))
    throw usageProblem({
      code: 'NO_CONFIG',
      what: `there is no configuration file ${found}`,
      next: 'pod-iam init',
    });
  const { parse } = await import('yaml');
  let values: unknown;
  try {
    values = parse(readFileSync(found, 'utf8'));
  } catch (error) {
    throw usageProblem({
      code: 'BAD_CONFIG',
      what: `${found} is not valid YAML`,
      why: (error as Error).message.split('\n')[0],
    });
  }
  if (values === null || values === undefined) return { path: found, values: {} };
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw usageProblem({ code: 'BAD_CONFIG', what: `${found} must hold a mapping of flag names to values` });
  }
  return { path: found, values: values as FlagValues };
}

function findUpwards(name: string): string | null {
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return null;
  }
}
