// The session name that CloudTrail shows for a pod.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sessionName } from '../../src/model/session-name.ts';
import type { PodRecord } from '../../src/proxy/who/pod-record.ts';

const pod = (overrides: Partial<PodRecord> = {}): PodRecord => ({
  uid: 'u-1',
  namespace: 'shop',
  name: 'web-6d9f-x2x4z',
  node: 'n1',
  serviceAccount: 'default',
  addresses: [],
  isEarly: false,
  hostNetwork: false,
  mountsToken: false,
  isFinished: false,
  isTerminating: false,
  addressedAtMs: 0,
  annotations: {},
  ...overrides,
});
const annotated = (name: string) => pod({ annotations: { 'iam.amazonaws.com/session-name': name } });

describe('the session name', () => {
  for (const [template, of, wanted] of [
    ['{namespace}.{pod}', pod(), 'shop.web-6d9f-x2x4z'],
    ['{role}@{node}', pod(), 'blue@n1'],
    ['{uid}', pod(), 'u-1'],
    ['fixed', pod(), 'fixed'],
    ['{namespace}.{pod}', annotated('nightly job #7'), 'nightly-job--7'],
    ['{namespace}.{pod}', annotated('  '), 'shop.web-6d9f-x2x4z'],
    ['{namespace}.{pod}', pod({ name: 'x'.repeat(80) }), `shop.${'x'.repeat(59)}`],
    ['{node}', pod({ node: null }), '--'],
  ] as const) {
    test(`from ${template} is ${wanted}`, () => {
      const name = sessionName(template, of, 'blue');
      assert.equal(name, wanted);
      assert.match(name, /^[\w+=,.@-]{2,64}$/);
    });
  }
});
