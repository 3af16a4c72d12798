// What the emulated kubelet tells of its pods: events, counted when they repeat.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { createHash, randomUUID } from 'node:crypto';
import { apiTime } from '../api/object.ts';
import type { Store } from '../api/store/store.ts';
import type { Pod } from './pod.ts';

export type Recorder = (
  pod: Pod,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  container?: string,
) => void;

export function eventRecorder(store: Pick<Store, 'get' | 'put'>, node: string): Recorder {
  return (pod, type, reason, message, container) => {
    const { name, namespace = 'default', uid } = pod.metadata;
    // A namespace that is going takes no new objects.
    if (store.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined) return;
    const id = createHash('sha256')
      .update([uid, reason, message, container].join('\0'))
      .digest('hex')
      .slice(0, 16);
    const eventName = `${name}.${id}`;
    const before = store.get('events', namespace, eventName);
    const now = apiTime(Date.now());
    store.put('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: before?.metadata ?? {
        name: eventName,
        namespace,
        uid: randomUUID(),
        creationTimestamp: now,
      },
      involvedObject: {
        kind: 'Pod',
        namespace,
        name,
        uid,
        apiVersion: 'v1',
        ...(container ? { fieldPath: `spec.containers{${container}}` } : {}),
      },
      reason,
      message,
      type,
      count: Number(before?.['count'] ?? 0) + 1,
      firstTimestamp: before?.['firstTimestamp'] ?? now,
      lastTimestamp: now,
      source: { component: 'kubelet', host: node },
      reportingComponent: 'kubelet',
      reportingInstance: node,
    });
  };
}
