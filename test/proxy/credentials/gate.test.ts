// The pace towards STS.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Gate } from '../../../src/proxy/credentials/gate.ts';
import { type HandClocks, handClocks } from '../../helpers/clocks.ts';

describe('the gate to STS', () => {
  let clocks: HandClocks;
  let passed: string[];
  beforeEach(() => {
    clocks = handClocks();
    passed = [];
  });
  afterEach(() => clocks.restore());

  const ask = (gate: Gate, name: string, isUrgent = () => false) => {
    void gate.pass(isUrgent).then(() => passed.push(name));
  };
  const tick = async (ms: number) => {
    for (let i = 0; i < ms; i++) {
      clocks.tick(1);
      await Promise.resolve();
    }
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };

  test('lets a burst through at once and the rest at its pace', async () => {
    const gate = new Gate({ perSecond: 10, burst: 3 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) ask(gate, name);
    await tick(1);
    assert.deepEqual(passed, ['a', 'b', 'c']);
    await tick(110);
    assert.deepEqual(passed, ['a', 'b', 'c', 'd']);
    await tick(110);
    assert.deepEqual(passed, ['a', 'b', 'c', 'd', 'e']);
  });

  test('keeps its pace when the clock is set back or forward', async () => {
    const gate = new Gate({ perSecond: 10, burst: 1 });
    for (const name of ['a', 'b', 'c']) ask(gate, name);
    clocks.setWall(Date.now() - 3_600_000);
    await tick(110);
    assert.deepEqual(passed, ['a', 'b']);
    clocks.setWall(Date.now() + 7_200_000);
    for (const name of ['d', 'e']) ask(gate, name);
    await tick(110);
    assert.deepEqual(passed, ['a', 'b', 'c']);
  });

  test('lets calls go first that a pod waits for, also if it came later', async () => {
    const gate = new Gate({ perSecond: 10, burst: 1 });
    let isWaiting = false;
    ask(gate, 'first');
    ask(gate, 'ahead of need');
    ask(gate, 'joined', () => isWaiting);
    isWaiting = true;
    await tick(110);
    assert.deepEqual(passed, ['first', 'joined']);
    await tick(110);
    assert.deepEqual(passed, ['first', 'joined', 'ahead of need']);
  });

  test('halves its pace when STS throttles, once for calls throttled together, and recovers', async () => {
    const gate = new Gate({ perSecond: 100, burst: 100 });
    for (let i = 0; i < 20; i++) gate.throttled();
    for (let i = 0; i < 100; i++) ask(gate, String(i));
    await tick(1_000);
    assert.ok(passed.length >= 45 && passed.length <= 52, `${passed.length} in a second`);
    await tick(1_000);
    for (let i = 0; i < 100; i++) gate.answered();
    passed = [];
    for (let i = 0; i < 200; i++) ask(gate, String(i));
    await tick(1_000);
    assert.ok(passed.length >= 95, `${passed.length} in a second`);
  });
});
