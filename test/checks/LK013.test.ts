import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/LK013.ts';
import type { Attempt, ContainerObservation, TokenAttemptName } from '../../src/model/observation.ts';
import { known, unknownFact } from '../../src/model/snapshot.ts';
import {
  askingByToken,
  CONTAINER_URL,
  goodProbe,
  goodSnapshot,
  told,
  workload,
} from '../helpers/snapshot.ts';

const byAddress = goodProbe(workload('blue', 'blue'), 'node-1');
const good = askingByToken(byAddress);
const judged = (more: Partial<ContainerObservation> = {}) =>
  run(goodSnapshot({ probes: known([askingByToken(byAddress, more)], '') }))[0]!;
const trying = (name: TokenAttemptName, more: Partial<Attempt>) => {
  const { attempts } = good.container!;
  return judged({ attempts: { ...attempts, [name]: { ...attempts[name]!, ...more } } });
};

describe('LK013', () => {
  it('passes when all three were refused while its own token was served', () => {
    const finding = judged();
    assert.equal(
      told([finding])[0],
      'pass Deployment/blue: no-token 400, forged-token 401, other-audience 401',
    );
    assert.deepEqual(finding.control, {
      what: 'its own token, sent by the same pod to the same address',
      outcome: '200 in 7 ms',
    });
  });

  it('fails for whatever is served, the secret in the body or not', () => {
    for (const more of [{ status: 200 }, { status: 206, leaked: true }])
      assert.equal(
        told([trying('forged-token', more)])[0],
        `fail Deployment/blue: ${CONTAINER_URL} gave credentials for: forged-token`,
      );
  });

  it('is unknown when its own token was refused as well', () => {
    const document = { ...good.container!.document, status: 401, keyIdEnding: null };
    assert.equal(
      judged({ document }).observed,
      'refused, but so was its own token, so the refusal proves nothing',
    );
    assert.equal(judged({ document }).status, 'unknown');
  });

  it('is unknown for an answer that only puts it off, and for none', () => {
    assert.equal(
      told([trying('other-audience', { status: 429 })])[0],
      'unknown Deployment/blue: not refused, but failed: other-audience 429 in 3 ms',
    );
    for (const status of [0, 404, 500, 503]) assert.equal(trying('no-token', { status }).status, 'unknown');
    assert.equal(judged({ attempts: {} }).status, 'unknown');
  });

  it('is about workloads that ask by a token only, and skipped for ID010 when none could be sent', () => {
    assert.deepEqual(run(goodSnapshot({ probes: known([byAddress], '') })), []);
    const unasked = run(goodSnapshot({ probes: known([{ ...good, container: null }], '') }));
    assert.deepEqual([unasked[0]!.status, unasked[0]!.because], ['skip', 'ID010']);
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});
