// Changes one token of a document at a time: keys deleted, doubled, misspelt; values of another type,
// misspelt, in another case, with a digit less; operators swapped.

export interface Mutant {
  text: string;
  change: string;
  /** Why IAM reads it alike; null when it must be noticed. */
  sameBecause: string | null;
}

type Path = (string | number)[];

/** Stands for a key's second copy until the document is text. */
const DOUBLE = 'the same again';

export function mutantsOf(text: string): Mutant[] {
  const root: unknown = JSON.parse(text);
  return pathsOf(root).flatMap((path) => [...ofKey(root, path), ...ofValue(root, path)]);
}

function pathsOf(node: unknown, at: Path = []): Path[] {
  if (typeof node !== 'object' || node === null) return [];
  const keys: Path = Array.isArray(node) ? node.map((_, i) => i) : Object.keys(node);
  return keys.flatMap((key) => [
    [...at, key],
    ...pathsOf((node as Record<string | number, unknown>)[key], [...at, key]),
  ]);
}

function ofKey(root: unknown, path: Path): Mutant[] {
  const key = path.at(-1)!;
  const deleted = edit(root, path, (parent) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key as string];
  });
  const made = [{ text: deleted, change: `${path.join('/')} deleted`, sameBecause: reasonOfDeletion(path) }];
  if (typeof key === 'number') return made;
  const renamed = (name: string): string =>
    edit(root, path, (parent) => {
      parent[name] = parent[key];
      delete parent[key];
    });
  const misspelt = key.slice(0, -2) + key.at(-1) + key.at(-2);
  if (misspelt !== key)
    made.push({ text: renamed(misspelt), change: `${path.join('/')} misspelt`, sameBecause: null });
  const other = key === key.toLowerCase() ? key.toUpperCase() : key.toLowerCase();
  made.push({
    text: renamed(other),
    change: `${path.join('/')} in another case`,
    sameBecause: isConditionKey(path) ? 'condition keys ignore case' : null,
  });
  const doubled = edit(root, path, (parent) => {
    parent[DOUBLE] = parent[key];
  }).replace(JSON.stringify(DOUBLE), JSON.stringify(key));
  made.push({ text: doubled, change: `${path.join('/')} doubled`, sameBecause: null });
  const twin = swapped(key);
  if (twin)
    made.push({
      text: renamed(twin),
      change: `${path.join('/')} swapped`,
      sameBecause: reasonOfSwap(path),
    });
  return made;
}

function ofValue(root: unknown, path: Path): Mutant[] {
  const value = path.reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], root);
  const set = (to: unknown): string =>
    edit(root, path, (parent) => {
      (parent as Record<string | number, unknown>)[path.at(-1)!] = to;
    });
  const change = (what: string): string => `${path.join('/')} ${what}`;
  const made: Mutant[] = [{ text: set(null), change: change('null'), sameBecause: null }];
  if (typeof value !== 'string') return made;
  made.push({ text: set([[value]]), change: change('nested'), sameBecause: null });
  if (path[0] !== 'Id' && path.at(-1) !== 'Sid') {
    const isAction = path.includes('Action');
    made.push({ text: set(`${value}x`), change: change('longer'), sameBecause: null });
    made.push({
      text: set(value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase()),
      change: change('in another case'),
      sameBecause: isAction ? 'actions ignore case' : /^[^a-z]*$/i.test(value) ? 'it has no letters' : null,
    });
    if (/\d{12}/.test(value))
      made.push({
        text: set(value.replace(/\d(\d{11})/, '$1')),
        change: change('a digit short'),
        sameBecause: null,
      });
  }
  return made;
}

const isConditionKey = (path: Path): boolean => path.at(-3) === 'Condition';

const reasonOfDeletion = (path: Path): string | null =>
  path.at(-1) === 'Sid' || path.at(-1) === 'Id' ? 'it only names' : null;

const reasonOfSwap = (path: Path): string | null =>
  /^Arn/.test(String(path.at(-1))) ? 'ArnEquals and ArnLike are the same' : null;

function swapped(key: string): string | null {
  const twins: Record<string, string> = {
    StringEquals: 'StringNotEquals',
    StringLike: 'StringNotLike',
    ArnEquals: 'ArnLike',
    ArnLike: 'ArnEquals',
    IpAddress: 'NotIpAddress',
    Principal: 'NotPrincipal',
    Action: 'NotAction',
    AWS: 'Service',
    Service: 'AWS',
    Federated: 'AWS',
  };
  return twins[key] ?? null;
}

function edit(root: unknown, path: Path, change: (parent: Record<string, unknown>) => void): string {
  const copy = structuredClone(root);
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], copy);
  change(parent as Record<string, unknown>);
  return JSON.stringify(copy);
}
