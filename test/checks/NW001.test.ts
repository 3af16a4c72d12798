import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/NW001.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, unknownFact } from '../../src/model/snapshot.ts';
import { bareProbe, goodProbe, goodSnapshot, told, workload } from '../helpers/snapshot.ts';

const blue = workload('blue', 'blue');
const good = goodProbe(blue, 'node-1');
const judged = (...probes: ProbeObservation[]) => run(goodSnapshot({ probes: known(probes, '') }));
const noProxy = { ...good.canary!, isProxy: false, version: null, daemonNode: null, takenFor: null };

describe('NW001', () => {
  it('passes when the canary names this very pod and node', () => {
    const [finding, ...others] = run(goodSnapshot());
    assert.deepEqual(others, []);
    assert.equal(told([finding!])[0], 'pass Node/node-1: answered by version 0.1.0');
    assert.equal(finding!.control?.outcome, 'apps/probe-blue on node-1');
  });

  it('fails when the real endpoint answers instead', () => {
    const [finding] = judged({ ...good, canary: { ...noProxy, status: 404 } });
    assert.equal(finding!.status, 'fail');
    assert.equal(
      finding!.observed,
      'something else answers at 169.254.169.254 (the canary: 404 in 3 ms), by all signs the real instance metadata service',
    );
    assert.equal(finding!.control?.outcome, '200 in 3 ms');
  });

  it('is unknown, not failed, when nothing answers at all', () => {
    const silence = { status: 0, ms: 0, failure: 'Connection refused', body: null };
    const [finding] = judged({ ...good, canary: { ...noProxy, ...silence }, harmless: silence });
    assert.deepEqual(told([finding!]), [
      'unknown Node/node-1: nothing answers at 169.254.169.254: Connection refused',
    ]);
  });

  it('fails when the proxy takes the pod for another', () => {
    const [finding] = judged({ ...good, canary: { ...good.canary!, takenFor: 'apps/other' } });
    assert.equal(finding!.observed, 'the proxy took apps/probe-blue for apps/other');
  });

  it("fails when another node's daemon answers", () => {
    const [finding] = judged({ ...good, canary: { ...good.canary!, daemonNode: 'node-2' } });
    assert.equal(finding!.observed, 'the daemon of node-2 answered');
  });

  it('takes the worst of what was seen on a node', () => {
    const bypassed = bareProbe('apps', 'node-1', { canary: { ...noProxy, status: 404 } });
    assert.deepEqual(
      judged(good, bypassed, bareProbe('pod-iam', 'node-2')).map(({ status, subject }) => [
        subject.name,
        status,
      ]),
      [
        ['node-1', 'fail'],
        ['node-2', 'pass'],
      ],
    );
  });

  it('is unknown with the next step when the pod could not run, or none was run', () => {
    const outcome = { state: 'not-run' as const, why: 'exceeded quota', next: 'raise the quota' };
    const [finding] = judged({ ...good, outcome });
    assert.equal(told([finding!])[0], 'unknown Node/node-1: the diagnostic pod did not run: exceeded quota');
    assert.equal(finding!.fix?.text, 'raise the quota');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});
