import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containerRecord } from '../../../../src/proxy/who/docker/container-record.ts';

const settings = {
  accounts: { partition: 'aws', byName: {} },
  sessionKey: null,
  roleKey: 'IAM_ROLE',
  externalIdKey: 'IAM_EXTERNAL_ID',
};
const container = (more: object = {}) => ({
  Id: 'abc',
  Name: '/web',
  Config: { Env: ['PATH=/bin', 'IAM_ROLE=blue', 'ODD'], Labels: null },
  HostConfig: { NetworkMode: 'bridge' },
  State: { Running: true, StartedAt: '2026-01-01T00:00:00.5Z' },
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

describe('what is kept of a container', () => {
  it('is its id, its name, its role and the addresses of all its networks', () => {
    assert.deepEqual(containerRecord(container(), settings), {
      ...{ kind: 'container', uid: 'abc', namespace: 'docker', name: 'web', node: null, serviceAccount: '' },
      addresses: ['172.17.0.2', '10.1.0.2', 'fd00::2'],
      ...{ isEarly: false, hostNetwork: false, mountsToken: false, isFinished: false, isTerminating: false },
      createdAtMs: Date.parse('2026-01-01T00:00:00.5Z'),
      annotations: { IAM_ROLE: 'blue' },
      roleFault: null,
    });
  });

  it("tells one on the host's network, one that has stopped, and what is no container", () => {
    const read = (more: object) => containerRecord(container(more), settings)!;
    assert.equal(read({ HostConfig: { NetworkMode: 'host' } }).hostNetwork, true);
    assert.equal(read({ State: { Running: false } }).isFinished, true);
    assert.equal(containerRecord({}, settings), null);
  });

  it('has no address where it is a guest in the network of another', () => {
    const guest = container({ HostConfig: { NetworkMode: 'container:def' } });
    assert.deepEqual(containerRecord(guest, settings)!.addresses, []);
  });
});
