import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR005.ts';
import { type InstanceFact, known, type Snapshot } from '../../src/model/snapshot.ts';
import { forbidden, goodAws, goodSnapshot, node, told } from '../helpers/snapshot.ts';

const instance = (id: string, metadata: Partial<InstanceFact['metadata']> = {}): InstanceFact => ({
  id,
  profile: null,
  metadata: { isOn: true, needsToken: true, hopLimit: 1, ...metadata },
});

function snapshot(instances: Snapshot['aws']['instances']): Snapshot {
  const of = (name: string, id: string) => node(name, { providerId: `aws:///eu-west-1a/${id}` });
  const nodes = known([of('node-1', 'i-01'), of('node-2', 'i-02')], 'list nodes');
  return goodSnapshot({ nodes, aws: goodAws({ ...(instances && { instances }) }) });
}
const asked = (...instances: InstanceFact[]): Snapshot => snapshot(known(instances, 'ec2:DescribeInstances'));

describe('GR005', () => {
  it('passes for IMDSv2 alone within one hop, and where the service is off', () => {
    const off = { isOn: false, needsToken: false, hopLimit: 64 };
    assert.deepEqual(told(run(asked(instance('i-01'), instance('i-02', off)))), [
      'pass Node/node-1: IMDSv2 alone, hop limit 1',
      'pass Node/node-2: its metadata service is off',
    ]);
  });

  it('fails for either fault, with the command that mends it', () => {
    const findings = run(
      asked(instance('i-01', { needsToken: false, hopLimit: 2 }), instance('i-02', { hopLimit: 64 })),
    );
    assert.deepEqual(told(findings), [
      'fail Node/node-1: it answers without a token (IMDSv1), and the answer with the token goes 2 hops',
      'fail Node/node-2: the answer with the token goes 64 hops',
    ]);
    assert.equal(
      findings[0]!.fix?.command,
      'aws ec2 modify-instance-metadata-options --region eu-west-1 --instance-id i-01 --http-tokens required --http-put-response-hop-limit 1',
    );
  });

  it('is unknown for what EC2 was not asked, may not be asked or does not know', () => {
    assert.deepEqual(told(run(snapshot(forbidden('ec2:DescribeInstances')))), [
      'unknown Cluster/test: not read (ec2:DescribeInstances): forbidden',
    ]);
    assert.equal(run(snapshot(undefined))[0]!.status, 'unknown');
    assert.deepEqual(told(run(asked(instance('i-01')))), [
      'pass Node/node-1: IMDSv2 alone, hop limit 1',
      'unknown Node/node-2: EC2 knows no i-02 in eu-west-1 for these credentials',
    ]);
    assert.equal(run(goodSnapshot({ nodes: forbidden('list nodes') }))[0]!.status, 'unknown');
  });

  it('has nothing to say of nodes that are no instances', () => {
    assert.deepEqual(run(goodSnapshot()), []);
  });
});
