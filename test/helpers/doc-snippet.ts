// The pod of docs/container-credentials.md as it stands there, so that a test runs what people copy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface SnippetPod {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; annotations: Record<string, string> };
  spec: {
    containers: { name: string; image: string; [field: string]: unknown }[];
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

export interface Changes {
  name: string;
  namespace: string;
  role: string;
  image: string;
  command: string[];
  /** Of the one container, besides. */
  container?: object;
  spec?: object;
}

/** With what a reader has to put in: whose pod it is, and what it runs. */
export function containerCredentialsPod(changes: Changes): SnippetPod {
  const text = readFileSync(new URL('../../docs/container-credentials.md', import.meta.url), 'utf8');
  const pod = parse(/```yaml\n(.*?)```/s.exec(text)![1]!) as SnippetPod;
  assert.equal(pod.kind, 'Pod');
  const [container, ...more] = pod.spec.containers;
  assert.equal(more.length, 0);
  return {
    ...pod,
    metadata: {
      name: changes.name,
      namespace: changes.namespace,
      annotations: { 'iam.amazonaws.com/role': changes.role },
    },
    spec: {
      ...pod.spec,
      restartPolicy: 'Never',
      containers: [
        {
          ...container!,
          image: changes.image,
          imagePullPolicy: 'IfNotPresent',
          command: changes.command,
          ...changes.container,
        },
      ],
      ...changes.spec,
    },
  };
}
