import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backOffMs, pause } from '../../src/proxy/back-off.ts';

const of = { firstMs: 100, mostMs: 5_000 };

describe('a wait before something is tried again', () => {
  for (const [failures, whole] of [
    [0, 100],
    [1, 200],
    [5, 3_200],
    [6, 5_000],
    [5_000, 5_000],
  ] as const)
    test(`after ${failures} failures lasts between half of ${whole} ms and all of it`, (t) => {
      t.mock.method(Math, 'random', () => 0);
      assert.equal(backOffMs(of, failures), whole / 2);
      t.mock.method(Math, 'random', () => 1);
      assert.equal(backOffMs(of, failures), whole);
    });
});

describe('a pause', () => {
  test('lasts as long as it is told', async () => {
    const startMs = performance.now();
    await pause(30, new AbortController().signal);
    // A timer may be early by the fraction of its millisecond.
    assert.ok(performance.now() - startMs >= 29);
  });

  test('ends at once with its signal, before and after it has begun', async () => {
    const closing = new AbortController();
    const begun = pause(3_600_000, closing.signal);
    closing.abort();
    await begun;
    await pause(3_600_000, closing.signal);
  });
});
