// Finds and reads pod-iam.yaml: the one that was named, else the nearest, here or in a parent folder.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileFault } from '../model/file-fault.ts';
import { usageProblem } from '../model/problem.ts';

export interface ConfigFile {
  path: string;
  values: Record<string, unknown>;
}

/** Null when none was named and none is found. Throws a usage Problem for one that cannot be read. */
export async function readConfigFile(path?: string): Promise<ConfigFile | null> {
  const found = path ?? findUpwards('pod-iam.yaml');
  if (found === null) return null;
  const text = readText(found);
  const { parse } = await import('yaml');
  let values: unknown;
  try {
    values = parse(text);
  } catch (error) {
    throw unreadable(`${found} is not valid YAML`, error);
  }
  if (values === null || values === undefined) return { path: found, values: {} };
  if (typeof values !== 'object' || Array.isArray(values))
    throw unreadable(`${found} must hold flag names and their values, such as "base-role-arn: arn:aws:…"`);
  return { path: found, values: values as Record<string, unknown> };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!existsSync(path)) {
      const what = `there is no configuration file ${path}`;
      throw usageProblem({ code: 'NO_CONFIG', what, next: 'pod-iam init' });
    }
    throw unreadable(`${path} cannot be read`, error);
  }
}

function unreadable(what: string, cause?: unknown): Error {
  const why = cause === undefined ? undefined : fileFault(cause);
  const next = 'mend it, or name another file: --config FILE';
  return usageProblem({ code: 'BAD_CONFIG', what, ...(why === undefined ? {} : { why }), next, cause });
}

function findUpwards(name: string): string | null {
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return null;
  }
}
