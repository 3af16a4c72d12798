import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containerRecord } from '../../../../src/proxy/who/docker/container-record.ts';

const keys = { roleKey: 'iam.amazonaws.com/role', externalIdKey: 'iam.amazonaws.com/id', sessionKey: null };
const container = (more: object = {}) => ({
  Id: 'abc',
  Name: '/web',
  Created: '2026-01-01T00:00:00.5Z',
  Config: { Env: ['PATH=/bin', 'IAM_ROLE=blue', 'ODD'], Labels: null },
  HostConfig: { NetworkMode: 'bridge' },
  State: { Status: 'running', Running: true },
  NetworkSettings: {
    IPAddress: '172.17.0.2',
    GlobalIPv6Address: '',
    Networks: {
      bridge: { IPAddress: '172.17.0.2' },
      side: { IPAddress: '10.1.0.2', GlobalIPv6Address: 'FD00:0::2' },
    },
  },
  ...more,
});
const read = (more: object = {}) => containerRecord(container(more), 'host-1', keys);

describe('what is kept of a container', () => {
  it('is its id, its name, its role and the addresses of all its networks', () => {
    assert.deepEqual(read(), {
      ...{ kind: 'container', uid: 'abc', namespace: 'docker', name: 'web', node: 'host-1' },
      serviceAccount: '',
      addresses: ['10.1.0.2', '172.17.0.2', 'fd00::2'],
      ...{ isEarly: false, hostNetwork: false, mountsToken: false, isFinished: false, isTerminating: false },
      addressedAtMs: Date.parse('2026-01-01T00:00:00.5Z'),
      annotations: { IAM_ROLE: 'blue' },
    });
  });

  it('is no address of one that has not started, or is paused while it has one', () => {
    assert.deepEqual(read({ State: { Status: 'created', Running: false } })?.addresses, []);
    assert.equal(read({ State: { Status: 'paused', Running: true, Paused: true } })?.addresses.length, 3);
  });

  it('is nothing of one that has ended, and of what is no container', () => {
    for (const Status of ['exited', 'dead', 'removing', 'stopping'])
      assert.equal(read({ State: { Status, Running: false } }), null);
    assert.equal(containerRecord({}, null, keys), null);
  });

  it("is no address of one on the host's network, or in the network of another", () => {
    const host = read({ HostConfig: { NetworkMode: 'host' } })!;
    assert.deepEqual([host.hostNetwork, host.addresses], [true, []]);
    // As podman shows it: with the addresses of the network's owner.
    assert.deepEqual(read({ HostConfig: { NetworkMode: 'container:def' } })!.addresses, []);
  });
});
