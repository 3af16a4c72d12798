import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instanceOf } from '../../src/model/instance.ts';
import { node } from '../helpers/snapshot.ts';

const id = 'i-0123456789abcdef0';
const of = (providerId: string | null, labels = {}) => instanceOf(node('node-1', { providerId, labels }));

describe('the instance of a node', () => {
  it('stands in its provider id, the region in its label or its zone', () => {
    assert.deepEqual(of(`aws:///eu-west-1a/${id}`), { id, region: 'eu-west-1' });
    assert.deepEqual(of(`aws:///us-west-2-lax-1a/${id}`), { id, region: 'us-west-2' });
    assert.deepEqual(of(`aws:///us-gov-west-1b/${id}`), { id, region: 'us-gov-west-1' });
    const label = { 'topology.kubernetes.io/region': 'eu-central-1' };
    assert.deepEqual(of(`aws:///somewhere/${id}`, label), { id, region: 'eu-central-1' });
  });

  it('is none for Fargate, other clouds, and nodes of nobody', () => {
    assert.equal(of('aws:///eu-west-1a/0a1b/fargate-ip-10-0-0-1.eu-west-1.compute.internal'), null);
    assert.equal(of('kind://docker/kind/kind-control-plane'), null);
    assert.equal(of(`aws:///somewhere/${id}`), null);
    assert.equal(of(null), null);
  });
});
