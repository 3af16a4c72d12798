// The presets of --allow-paths, and what they are refused for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { allowPathsFault, expandPaths, PATH_PRESETS } from '../../src/model/allow-paths.ts';
import { isAllowed } from '../../src/proxy/routes/pass-through.ts';

const passes = (value: string, name: string): boolean => isAllowed(name, expandPaths(value.split(',')));

describe('the paths that are passed through', () => {
  test('are those of a preset, of a path, or of both', () => {
    assert.deepEqual(expandPaths(['none']), []);
    assert.deepEqual(expandPaths(['meta-data/tags/*']), ['meta-data/tags/*']);
    assert.deepEqual(expandPaths(['minimal', 'meta-data/mac', 'minimal']), [
      ...PATH_PRESETS['minimal']!,
      'meta-data/mac',
    ]);
  });

  for (const [value, yes, no] of [
    ['default', 'meta-data/network/interfaces/macs/', 'meta-data/tags/instance/Name'],
    ['default,meta-data/tags/*', 'meta-data/tags/instance/Name', 'meta-data/public-keys/0/openssh-key'],
    ['minimal', 'meta-data/placement/region', 'meta-data/hostname'],
    ['all', 'meta-data/public-keys/0/openssh-key', 'dynamic/instance-identity/pkcs7'],
    ['all', 'dynamic/fws/instance-monitoring', 'dynamic/instance-identity/signature'],
    ['all', 'dynamic/instance-identity/document', 'user-data'],
    ['all,user-data', 'user-data', 'dynamic/instance-identity/rsa2048'],
  ] as const)
    test(`with ${value} hold ${yes} and not ${no}`, () => {
      assert.equal(passes(value, yes), true);
      assert.equal(passes(value, no), false);
    });

  test('of none are none at all', () => {
    for (const name of ['', 'meta-data', 'meta-data/instance-id', 'dynamic/instance-identity/document'])
      assert.equal(passes('none', name), false);
  });

  for (const value of ['', 'default', ' minimal , meta-data/tags/* ', '*', 'user-data', 'meta-data', 'a/b'])
    test(`may be written as "${value}"`, () => assert.equal(allowPathsFault(value), null));

  for (const [value, fault] of [
    [
      'minmal',
      'must be made of default, minimal, all, none and of paths ("minmal" is neither; did you mean "minimal"?)',
    ],
    [
      'default,nothing-like-it',
      'must be made of default, minimal, all, none and of paths ("nothing-like-it" is neither)',
    ],
    ['none,meta-data/mac', 'must be "none" alone or not name it'],
  ] as const)
    test(`may not be written as "${value}"`, () => assert.equal(allowPathsFault(value), fault));

  test('are all named in the docs', () => {
    const page = readFileSync(new URL('../../docs/allow-paths.md', import.meta.url), 'utf8');
    for (const [name, paths] of Object.entries(PATH_PRESETS)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row, name);
      for (const path of paths) assert.ok(row.includes(`\`${path}\``), `${name}: ${path}`);
    }
  });
});
