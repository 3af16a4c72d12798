// Short ways to the objects that the tests are about.
import type { ApiObject } from '../../../../src/sandbox/api/index.ts';

export const configMap = (
  name: string,
  data: Record<string, string> = {},
  metadata: object = {},
): ApiObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...metadata },
  data,
});

export const pod = (
  name: string,
  spec: object = {},
  metadata: object = {},
  status: object = {},
): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
  status,
});

export const node = (name: string, spec: object = {}, labels: object = {}, status: object = {}): ApiObject =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec, status }) as ApiObject;
