import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEksAgent, metadataProxyIn } from '../../src/model/credential-proxies.ts';

describe('the other credential proxies', () => {
  it('are told by an image, from any registry, with tag or digest', () => {
    const images = {
      'jtblin/kube2iam:0.11.2': 'kube2iam',
      'localhost:5000/mirror/jtblin-kube2iam@sha256:0123': 'kube2iam',
      'quay.io/uswitch/kiam': 'kiam',
      'lyft/metadataproxy:2.1.0': 'metadataproxy',
      'example.com/aws-metadata-proxy:1': 'aws-metadata-proxy',
    };
    for (const [image, product] of Object.entries(images))
      assert.equal(metadataProxyIn(['x', image]), product);
  });

  it('are told by the name of a DaemonSet, whatever its image', () => {
    for (const name of ['kiam', 'kiam-agent', 'kiam-server', 'prod-kiam-agent'])
      assert.equal(metadataProxyIn([name, 'registry.example.com/a:1']), 'kiam');
  });

  it('are not what only sounds like them', () => {
    for (const name of [
      'kube2iam-exporter',
      'example.com/kube2iam-exporter/agent:1',
      'akiam',
      'kiambu',
      'pod-iam',
    ])
      assert.equal(metadataProxyIn([name]), null, name);
  });

  it('do not hold the EKS Pod Identity agent, which has an address of its own', () => {
    const image = '602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/eks-pod-identity-agent:v0.1.34';
    assert.equal(metadataProxyIn(['eks-pod-identity-agent', image]), null);
    assert.ok(isEksAgent(['agent', image]));
    assert.ok(isEksAgent(['eks-pod-identity-agent', 'example.com/a:1']));
    assert.ok(!isEksAgent(['eks-pod-identity-agent-exporter']));
  });
});
