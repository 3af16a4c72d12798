// An emulated cluster and the product's own client on it, for the tests of everything that talks to Kubernetes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { connectKube } from '../../src/cluster/client.ts';
import type { Kube } from '../../src/cluster/kube.ts';
import { Problem } from '../../src/model/problem.ts';
import { type EmulatedCluster, startEmulatedCluster } from '../../src/sandbox/api/index.ts';

export interface TestCluster {
  cluster: EmulatedCluster;
  /** As a cluster administrator. */
  kube: Kube;
  /** As a user with these rules, cluster-wide, or in one namespace. */
  kubeAs(user: string, rules: object[], namespace?: string): Promise<Kube>;
}

/** Registers the hooks of a suite that needs one; the object is filled before the first test. */
export function useCluster(): TestCluster {
  const test = {} as TestCluster;
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-test-'));
  const connect = (kubeconfig: string): Promise<Kube> => {
    const file = join(folder, `${Math.random()}.yaml`);
    writeFileSync(file, kubeconfig);
    return connectKube({ kubeconfig: file, env: {} });
  };
  before(async () => {
    const cluster = await startEmulatedCluster();
    test.cluster = cluster;
    test.kube = await connect(cluster.kubeconfig);
    test.kubeAs = async (user, rules, namespace) => {
      grant(cluster, user, rules, namespace);
      const config = cluster.kubeconfigFor(cluster.issueUserToken(user), {
        user,
        ...(namespace && { namespace }),
      });
      return connect(config);
    };
  });
  after(async () => {
    await test.cluster.close();
    rmSync(folder, { recursive: true });
  });
  return test;
}

function grant(cluster: EmulatedCluster, user: string, rules: object[], namespace?: string): void {
  const group = 'rbac.authorization.k8s.io';
  const prefix = namespace ? '' : 'Cluster';
  const head = (kind: string) => ({
    apiVersion: `${group}/v1`,
    kind: `${prefix}${kind}`,
    metadata: { name: user, ...(namespace && { namespace }) },
  });
  const key = (kind: string) => `${prefix}${kind}s.${group}`.toLowerCase();
  cluster.system.create(key('Role'), { ...head('Role'), rules });
  cluster.system.create(key('RoleBinding'), {
    ...head('RoleBinding'),
    roleRef: { apiGroup: group, kind: `${prefix}Role`, name: user },
    subjects: [{ apiGroup: group, kind: 'User', name: user }],
  });
}

/** What a promise is refused with, as the user would read it. */
export async function refusal(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Problem, `not a Problem: ${String(error)}`);
  return error;
}

export const ofProblem = ({ code, message, why, next }: Problem): object => ({
  code,
  what: message,
  why,
  next,
});
