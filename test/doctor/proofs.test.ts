import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runChecks } from '../../src/checks/run.ts';
import { proofsOf } from '../../src/doctor/proofs.ts';
import { known, type Snapshot } from '../../src/model/snapshot.ts';
import { goodProbe, goodSnapshot, roleArn, withWorkloads, workload } from '../helpers/snapshot.ts';

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

  it('have a line for a workload that can have no role at all', () => {
    const host = workload('host', 'blue', { template: { hostNetwork: true } });
    const [proof] = proofs(withWorkloads([host]), [host]);
    assert.deepEqual(
      [proof!.expectedRole, proof!.provenArn, proof!.via, proof!.ok],
      [null, null, 'none', false],
    );
  });
});
