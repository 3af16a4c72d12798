// Holds the arrows between the folders of src, as CONTRIBUTING.md draws them.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', 'src');
const files = globSync('**/*.ts', { cwd: root }).sort();

/** What a folder may import from besides itself. */
const arrows: Record<string, readonly string[]> = {
  model: [],
  cluster: ['model'],
  aws: ['model'],
  // The corrected policy that the doctor prints is the one that `trust-policy` writes.
  checks: ['model', 'trust-policy'],
  report: ['model'],
  manifests: ['model'],
  'trust-policy': ['model'],
  probe: ['model', 'cluster'],
  wizard: ['model', 'cluster', 'aws', 'manifests', 'trust-policy'],
  doctor: ['model', 'cluster', 'aws', 'checks', 'probe'],
  install: ['model', 'cluster', 'aws', 'manifests', 'probe'],
  proxy: ['model'],
};

/** Folders that may import from all others but `commands`; the daemon only through its entry. */
const open = ['cli', 'commands', 'sandbox'];

interface Import {
  file: string;
  target: string;
}

const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.[^']+)'/gm)].map(
    ([, path]) => ({
      file,
      target: relative(root, join(root, dirname(file), path!)),
    }),
  ),
);

const folderOf = (file: string): string => file.split(sep)[0]!;

test('imports between files were found at all', () => {
  assert.ok(files.length > 50);
  assert.ok(imports.length > files.length);
});

test('every folder has its arrows', () => {
  const folders = new Set(files.map(folderOf));
  assert.deepEqual(
    [...folders].filter((folder) => !(folder in arrows) && !open.includes(folder)),
    [],
  );
});

test('every import goes along an arrow', () => {
  const wrong = imports.filter(({ file, target }) => {
    const [from, to] = [folderOf(file), folderOf(target)];
    if (from === to || to === '..') return false;
    if (open.includes(from)) return to === 'commands' || (to === 'proxy' && !isDaemonEntry(target));
    return !arrows[from]!.includes(to);
  });
  assert.deepEqual(wrong, []);
});

const isDaemonEntry = (target: string): boolean => target === join('proxy', 'main.ts');

test('only the edges of the program touch the process', () => {
  const allowed = (file: string): boolean =>
    open.includes(folderOf(file)) ||
    ['proxy/main.ts', 'proxy/entry.ts', 'proxy/redirect/main.ts'].includes(file);
  const touching = files.filter((file) => !allowed(file) && /\bprocess\.\w/.test(withoutComments(file)));
  assert.deepEqual(touching, []);
});

const withoutComments = (file: string): string =>
  readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
