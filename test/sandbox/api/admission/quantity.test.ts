import assert from 'node:assert/strict';
import { it } from 'node:test';
import { quantity } from '../../../../src/sandbox/api/admission/quantity.ts';

for (const [text, value] of [
  ['100m', 0.1],
  ['2', 2],
  ['1.5', 1.5],
  ['1k', 1000],
  ['1Ki', 1024],
  ['2Gi', 2 * 2 ** 30],
  ['1e3', 1000],
  ['1E', 1e18],
  [3, 3],
] as const) {
  it(`${text} is ${value}`, () => {
    assert.equal(quantity(text), value);
  });
}

it('text that is no quantity is not a number', () => {
  for (const text of ['', 'x', '1Xi', 'Gi']) assert.ok(Number.isNaN(quantity(text)), text);
});
