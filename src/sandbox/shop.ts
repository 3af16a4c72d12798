// The workloads of the sandbox: a shop whose Deployments each have a role, and one that has none.
import { BROKEN_ROLE, RIGHT_ROLES } from './account.ts';
import type { SystemApi } from './api/index.ts';

export const SHOP = 'shop';
export const BARE_WORKLOAD = 'plain';

export function furnishShop(system: SystemApi): void {
  system.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } });
  for (const name of [...RIGHT_ROLES, BROKEN_ROLE]) createDeployment(system, name, name);
  createDeployment(system, BARE_WORKLOAD, null);
}

function createDeployment(system: SystemApi, name: string, role: string | null): void {
  const labels = { app: name };
  system.create('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: SHOP, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, ...(role === null ? {} : { annotations: { 'iam.amazonaws.com/role': role } }) },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }],
        },
      },
    },
  });
}
