import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runChecks } from '../../src/checks/run.ts';
import { proofsOf } from '../../src/doctor/proofs.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, type Snapshot } from '../../src/model/snapshot.ts';
import {
  askingByToken,
  goodProbe,
  goodSnapshot,
  roleArn,
  withWorkloads,
  workload,
} from '../helpers/snapshot.ts';

const blue = workload('blue', 'blue');
const proofs = (snapshot: Snapshot, workloads = [blue]) =>
  proofsOf(workloads, snapshot, runChecks(snapshot, { by: ['K', 'I', 'A'] }));

describe('the proofs of workloads', () => {
  it('tell who each should be, who it was proven to be, and how soon', () => {
    assert.deepEqual(proofs(goodSnapshot()), [
      {
        workload: 'apps/Deployment/blue',
        node: 'node-1',
        expectedRole: roleArn('blue'),
        provenArn: 'arn:aws:sts::111122223333:assumed-role/blue/apps.probe-blue',
        via: 'imds',
        ok: true,
        firstCredentialMs: 9,
        remainingSeconds: 3500,
      },
    ]);
  });

  it('are not ok without a proof, for another identity, or when anything of the workload failed', () => {
    const good = goodProbe(blue, 'node-1');
    const probed = (more: object) => goodSnapshot({ probes: known([{ ...good, ...more }], '') });
    const isOk = (snapshot: Snapshot) => proofs(snapshot)[0]!.ok;
    assert.equal(isOk(goodSnapshot({ probes: known([], '') })), false);
    assert.equal(
      isOk(probed({ caller: { ...good.caller!, arn: good.caller!.arn!.replace('blue', 'red') } })),
      false,
    );
    assert.equal(isOk(probed({ invented: good.caller })), false);
    assert.equal(isOk(probed({ remainingSeconds: 10 })), false);
  });

  it('tell by which way, and need every way that its containers go', () => {
    const byToken = askingByToken(goodProbe(blue, 'node-1'));
    const of = (probe: ProbeObservation) => {
      const [proof] = proofs(goodSnapshot({ probes: known([probe], '') }));
      return [proof!.via, proof!.ok, proof!.firstCredentialMs, proof!.remainingSeconds];
    };
    assert.deepEqual(of(byToken), ['container', true, 7, 3400]);
    const both = { ...byToken, sources: ['container', 'imds'] as const };
    assert.deepEqual(of(both), ['container', true, 7, 3400]);
    assert.deepEqual(of({ ...both, document: null, caller: null }), ['container', false, 7, 3400]);
    assert.deepEqual(of({ ...byToken, container: null }), ['none', false, null, null]);
    const forged = byToken.container!.attempts['forged-token']!;
    const gullible = { ...byToken.container!.attempts, 'forged-token': { ...forged, status: 200 } };
    assert.equal(of({ ...byToken, container: { ...byToken.container!, attempts: gullible } })[1], false);
  });

  it('have a line for a workload that can have no role at all', () => {
    const host = workload('host', 'blue', { template: { hostNetwork: true } });
    const [proof] = proofs(withWorkloads([host]), [host]);
    assert.deepEqual(
      [proof!.expectedRole, proof!.provenArn, proof!.via, proof!.ok],
      [null, null, 'none', false],
    );
  });
});
