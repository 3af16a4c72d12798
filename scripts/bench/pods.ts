// Pods as a real API server sends them, about 4 kB each, with a role and a loopback address.
import type { ApiObject } from '../../test/helpers/watch-api.ts';
import { NODE } from './daemon.ts';

export interface BenchPod {
  object: ApiObject;
  address: string;
  /** Where its document is. */
  path: string;
}

/** @param block tells series of pods apart: names and addresses repeat only within one */
export function benchPod(block: number, i: number, { role = `role-${i}`, node = NODE } = {}): BenchPod {
  const address = `127.${block}.${Math.floor(i / 250)}.${(i % 250) + 1}`;
  const name = `shop-${block}-${i}-5f7c6d9b8-abcde`;
  return {
    address,
    path: `/latest/meta-data/iam/security-credentials/${role}`,
    object: {
      metadata: {
        name,
        namespace: 'shop',
        uid: `00000000-0000-4000-${String(block).padStart(4, '0')}-${String(i).padStart(12, '0')}`,
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'shop', 'pod-template-hash': '5f7c6d9b8' },
        annotations: { 'iam.amazonaws.com/role': role, 'example.com/checksum': 'c'.repeat(64) },
        managedFields: [
          { manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': 'f'.repeat(1500) } },
        ],
      },
      spec: {
        nodeName: node,
        serviceAccountName: 'shop',
        containers: [
          {
            name: 'app',
            image: 'registry.example/shop:1',
            env: Array.from({ length: 20 }, (_, n) => ({ name: `SETTING_${n}`, value: 'v'.repeat(40) })),
          },
        ],
      },
      status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
    },
  };
}

export const benchPods = (
  block: number,
  count: number,
  options: { role?: string; node?: string } = {},
): BenchPod[] => Array.from({ length: count }, (_, i) => benchPod(block, i, options));
