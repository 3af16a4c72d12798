import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Freshness } from '../../../src/proxy/who/freshness.ts';

describe("how fresh a watch's copy is", () => {
  test('it is blind from the start, and says why', () => {
    const { isSynced, isBlind, silentMs, failure } = new Freshness('it has not been read yet');
    assert.deepEqual(
      { isSynced, isBlind, silentMs, failure },
      { isSynced: false, isBlind: true, silentMs: null, failure: 'it has not been read yet' },
    );
  });

  test('a failure is news once, and blinds only after ten seconds of silence', (t) => {
    const clock = t.mock.method(performance, 'now', () => 0);
    const freshness = new Freshness('it has not been read yet');
    freshness.heard();
    freshness.synced();
    freshness.well();
    assert.deepEqual([freshness.failed('503'), freshness.failed('503')], [true, false]);
    clock.mock.mockImplementation(() => 10_000);
    assert.deepEqual([freshness.isBlind, freshness.silentMs], [false, 10_000]);
    clock.mock.mockImplementation(() => 10_001);
    assert.deepEqual([freshness.isBlind, freshness.isSynced], [true, true]);
    freshness.well();
    assert.deepEqual([freshness.isBlind, freshness.failure], [false, null]);
    assert.equal(freshness.failed('503'), true);
  });
});
