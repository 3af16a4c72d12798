import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { requireInterface } from '../../../src/proxy/redirect/interface.ts';

describe('the interface that is named', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pod-iam-net-'));
    mkdirSync(join(folder, 'cni0'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('must be there, unless it is a pattern', () => {
    for (const pattern of [null, 'cni0', 'cali+', 'docker+', '!eth0', '!eth+'])
      requireInterface(pattern, 'node-1', folder);
    requireInterface('docker0', 'node-1', '/no/such/folder');
    assert.throws(() => requireInterface('docker0', 'node-1', folder), {
      name: 'Problem',
      code: 'NO_INTERFACE',
      message: 'there is no interface docker0 on node node-1',
      why: 'a rule for it would intercept nothing',
      next: "give the pods' interface on the node as --host-interface, such as cni0, or a pattern, such as cali+ or !eth0",
    });
  });
});
