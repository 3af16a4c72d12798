import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasColour, isAscii, settleColour, widthOf } from '../../src/cli/colour.ts';

const tty = { isTTY: true };
const pipe = { isTTY: false };

const cases: [string, { isTTY: boolean }, Record<string, string>, boolean, boolean][] = [
  ['a terminal', tty, {}, false, true],
  ['a dumb terminal', tty, { TERM: 'dumb' }, false, false],
  ['a pipe', pipe, {}, false, false],
  ['a terminal with NO_COLOR', tty, { NO_COLOR: '1' }, false, false],
  ['a terminal with an empty NO_COLOR', tty, { NO_COLOR: '' }, false, true],
  ['a terminal with --no-color', tty, { FORCE_COLOR: '1' }, true, false],
  ['a pipe with FORCE_COLOR', pipe, { FORCE_COLOR: '' }, false, true],
  ['a terminal with FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, false, false],
  ['a terminal with FORCE_COLOR=false', tty, { FORCE_COLOR: 'false' }, false, false],
  ['a pipe with both', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false, false],
];
for (const [what, stream, environment, noColor, expected] of cases) {
  test(`${what} has ${expected ? 'colour' : 'none'}`, () =>
    assert.equal(hasColour(stream, environment, { noColor }), expected));
}

test('libraries are told by the one variable that all of them know', () => {
  const settled = (environment: Record<string, string | undefined>, argv: string[]) => {
    settleColour(environment, argv);
    return environment;
  };
  assert.deepEqual(settled({ NO_COLOR: '1' }, []), { FORCE_COLOR: '0' });
  assert.deepEqual(settled({ FORCE_COLOR: '1' }, ['doctor', '--no-color']), { FORCE_COLOR: '0' });
  assert.deepEqual(settled({ FORCE_COLOR: '1' }, ['doctor', '--', '--no-color']), { FORCE_COLOR: '1' });
  assert.deepEqual(settled({}, []), {});
});

test('a terminal is as wide as it is, and a pipe is always 100', () => {
  assert.equal(widthOf({ isTTY: true, columns: 143 }), 143);
  assert.equal(widthOf({ columns: 143 }), 100);
});

test('only a locale that says otherwise gets ASCII', () => {
  assert.equal(isAscii({}), false);
  assert.equal(isAscii({ LANG: 'C.UTF-8' }), false);
  assert.equal(isAscii({ LANG: 'C' }), true);
  assert.equal(isAscii({ LC_ALL: 'POSIX', LANG: 'en_GB.utf8' }), true);
});
