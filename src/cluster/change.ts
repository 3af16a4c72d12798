// What applying objects would change, found by a dry run of the API server, which knows all defaults
// and webhooks, and shown as a unified diff.
import type { Kube, KubeObject } from './kube.ts';

export interface Change {
  object: KubeObject;
  action: 'create' | 'update' | 'none';
  /** Unified diff; empty when there is nothing to change. */
  diff: string;
}

/**
 * @param untried objects that cannot be tried because their namespace is not there yet: taken as new
 * @throws Problem of the first object that the API server refuses
 */
export async function planChanges(
  kube: Kube,
  objects: readonly KubeObject[],
  { untried = () => false }: { untried?: (object: KubeObject) => boolean } = {},
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const object of objects) {
    const before = untried(object) ? null : await kube.read(refOf(object));
    const after = untried(object) ? object : await kube.apply(object, { dryRun: true });
    const diff = await diffOf(before, after);
    const action = before === null ? 'create' : diff === '' ? 'none' : 'update';
    changes.push({ object, action, diff });
  }
  return changes;
}

export const refOf = ({ apiVersion, kind, metadata }: KubeObject) => ({
  apiVersion,
  kind,
  name: metadata.name,
  namespace: metadata.namespace,
});

/** `DaemonSet pod-iam/pod-iam`. */
export const nameOf = ({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;

async function diffOf(before: KubeObject | null, after: KubeObject): Promise<string> {
  const [{ createTwoFilesPatch }, { stringify }] = await Promise.all([import('diff'), import('yaml')]);
  const text = (object: KubeObject | null) =>
    object === null
      ? ''
      : stringify(shown(object), { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
  const [old, fresh] = [text(before), text(after)];
  if (old === fresh) return '';
  const name = nameOf(after);
  const patch = createTwoFilesPatch(
    before === null ? '/dev/null' : name,
    name,
    old,
    fresh,
    undefined,
    undefined,
    {
      context: 3,
    },
  );
  return patch.replace(/^Index: .*\n/, '').replace(/^=+\n/, '');
}

/** Without what the server writes itself, and with secrets and binaries told by their size alone. */
function shown(object: KubeObject): object {
  const { status: _status, metadata, binaryData, data, ...rest } = object;
  const { managedFields, resourceVersion, uid, creationTimestamp, generation, ...kept } = metadata;
  void [managedFields, resourceVersion, uid, creationTimestamp, generation];
  const annotations = Object.fromEntries(
    Object.entries(kept.annotations ?? {}).filter(([key]) => !key.startsWith('deprecated.daemonset.')),
  );
  return {
    ...rest,
    metadata: { ...kept, ...(kept.annotations && { annotations }) },
    ...(data !== undefined && { data: object.kind === 'Secret' ? sizes(data) : data }),
    ...(binaryData !== undefined && { binaryData: sizes(binaryData) }),
  };
}

const sizes = (data: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([key, base64]) => [
      key,
      `(${Buffer.byteLength(base64, 'base64')} bytes)`,
    ]),
  );
