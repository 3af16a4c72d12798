import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/NW010.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, unknownFact } from '../../src/model/snapshot.ts';
import { bareProbe, goodProbe, goodSnapshot, told, workload } from '../helpers/snapshot.ts';

const good = goodProbe(workload('blue', 'blue'), 'node-1');
const judged = (...probes: ProbeObservation[]) => run(goodSnapshot({ probes: known(probes, '') }));
const token = (status: number, ms: number) => ({
  status,
  ms,
  failure: status === 0 ? 'timed out' : null,
  body: null,
});

describe('NW010', () => {
  it('passes for a token in time that opens what is closed without it', () => {
    const [finding] = run(goodSnapshot());
    assert.equal(told([finding!])[0], 'pass Node/node-1: 200 in 3 ms');
    assert.equal(finding!.control?.outcome, '401 in 3 ms · 200 in 3 ms · 200 in 3 ms');
  });

  it('fails for a refusal, for silence and for a token that comes late', () => {
    for (const [answer, observed] of [
      [token(403, 5), '403 in 5 ms'],
      [token(0, 3000), 'no answer: timed out'],
      [token(200, 1200), '200 in 1200 ms'],
    ] as const) {
      const [finding] = judged({ ...good, token: answer });
      assert.deepEqual(told([finding!]), [`fail Node/node-1: ${observed}`]);
      assert.ok(finding!.control);
    }
  });

  it('takes the slowest of a node', () => {
    const slow = bareProbe('apps', 'node-1', { token: token(200, 1500) });
    assert.deepEqual(told(judged(good, slow)), ['fail Node/node-1: 200 in 1500 ms']);
  });

  it('is unknown when the token opens nothing', () => {
    const [finding] = judged({ ...good, listing: token(401, 3), harmless: token(401, 3) });
    assert.equal(finding!.status, 'unknown');
    assert.equal(finding!.observed, '200 in 3 ms, but the token opened nothing');
  });

  it('is unknown without diagnostic pods', () => {
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});
