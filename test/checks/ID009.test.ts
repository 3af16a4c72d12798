import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/ID009.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, type Snapshot, unknownFact } from '../../src/model/snapshot.ts';
import { ACCOUNT, forbidden, goodProbe, goodSnapshot, told, workload } from '../helpers/snapshot.ts';

const good = goodProbe(workload('blue', 'blue'), 'node-1');
const judged = (more: Partial<ProbeObservation>, facts: Partial<Snapshot> = {}) =>
  run(goodSnapshot({ probes: known([{ ...good, ...more }], ''), ...facts }))[0]!;
const asNode = {
  ...good.caller!,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/nodes/i-0fedcba9876543210`,
};

describe('ID009', () => {
  it('passes for any identity but the node', () => {
    assert.equal(told([judged({})])[0], `pass Deployment/blue: ${good.caller!.arn}`);
  });

  it("fails for another session of the node's role", () => {
    const finding = judged({ caller: asNode });
    assert.equal(told([finding])[0], `fail Deployment/blue: ${asNode.arn}, which is the node's identity`);
    assert.ok(finding.control);
  });

  it('fails for whatever the real endpoint hands out, even if STS cannot be asked', () => {
    const silence = { ...good.caller!, status: 0, arn: null, failure: 'timed out' };
    const finding = judged({
      canary: { ...good.canary!, isProxy: false, status: 404 },
      caller: silence,
      invented: silence,
      listing: { ...good.listing!, body: 'nodes' },
    });
    assert.equal(
      told([finding])[0],
      'fail Deployment/blue: the role nodes, served by the real instance metadata service',
    );
  });

  it('is unknown for a stranger while nobody knows who the nodes are', () => {
    const stranger = { ...good.caller!, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/green/x` };
    const unread = { nodeIdentities: forbidden('get pods/log') };
    const finding = judged({ caller: stranger }, unread);
    assert.equal(finding.status, 'unknown');
    assert.equal(finding.observed, `${stranger.arn}; whether that is the node is not known`);
    assert.equal(finding.fix?.text, 'allow get pods/log');
    assert.equal(judged({}, unread).status, 'pass');
  });

  it('is unknown when its control failed, and without diagnostic pods', () => {
    assert.equal(judged({ invented: good.caller }).status, 'unknown');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });

  it('is skipped for ID010 without credentials', () => {
    assert.equal(judged({ document: null, caller: null }).because, 'ID010');
  });
});
