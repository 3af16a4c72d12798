// Makes a pod's volumes as folders of this machine.
// https://kubernetes.io/docs/concepts/storage/volumes/
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Store } from '../api/store/store.ts';
import { type PodPlace, readField } from './fields.ts';
import type { FieldItem, Item, Pod, Volume } from './pod.ts';

/** Null when there is no such object. */
export type DataReader = (kind: 'configmap' | 'secret', name: string) => Record<string, Buffer> | null;

export function readData(
  store: Pick<Store, 'get'>,
  namespace: string,
  kind: 'configmap' | 'secret',
  name: string,
): Record<string, Buffer> | null {
  const object = store.get(`${kind}s`, namespace, name);
  if (object === null) return null;
  const { data = {}, binaryData = {} } = object as {
    data?: Record<string, string>;
    binaryData?: Record<string, string>;
  };
  const encoding = kind === 'secret' ? 'base64' : 'utf8';
  return Object.fromEntries([
    ...Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]),
    ...Object.entries(binaryData).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  ]);
}

export interface VolumeContext {
  pod: Pod;
  place: PodPlace;
  read: DataReader;
  /** A token of the pod's service account, bound to the pod; for the API server unless said otherwise. */
  token(source: { audience?: string; expirationSeconds?: number }): string;
  /** Holds the pod's own volumes, one folder each. */
  podFolder: string;
  /** Stands for the node's `/`. */
  hostRoot: string;
}

/** The volume cannot be made (yet): the kubelet says why in an event and tries again. */
export class MountFault extends Error {}

/** Returns the folder of the volume. Called again after a fault; what was there is written anew. */
export function makeVolume(volume: Volume, context: VolumeContext): string {
  const { hostPath } = volume;
  if (hostPath) return hostFolder(volume.name, hostPath, context.hostRoot);
  const folder = join(context.podFolder, 'volumes', volume.name);
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of filesOf(volume, context)) write(join(folder, path), content);
  return folder;
}

type Files = [path: string, content: Buffer | string][];

function filesOf(volume: Volume, context: VolumeContext): Files {
  const { configMap, secret, projected, downwardAPI, emptyDir } = volume;
  if (configMap) return dataFiles('configmap', configMap, volume.name, context);
  if (secret) return dataFiles('secret', { ...secret, name: secret.secretName }, volume.name, context);
  if (downwardAPI) return fieldFiles(downwardAPI.items, context);
  if (projected) {
    return (projected.sources ?? []).flatMap((source): Files => {
      if (source.configMap) return dataFiles('configmap', source.configMap, volume.name, context);
      if (source.secret) return dataFiles('secret', source.secret, volume.name, context);
      if (source.downwardAPI) return fieldFiles(source.downwardAPI.items, context);
      const { serviceAccountToken: token } = source;
      return token ? [[token.path, context.token(token)]] : [];
    });
  }
  if (emptyDir) return [];
  throw new MountFault(
    `MountVolume.SetUp failed for volume "${volume.name}" : the sandbox has no volumes of this kind`,
  );
}

function dataFiles(
  kind: 'configmap' | 'secret',
  source: { name: string; items?: Item[]; optional?: boolean },
  volume: string,
  { read, pod }: VolumeContext,
): Files {
  const data = read(kind, source.name);
  const failed = `MountVolume.SetUp failed for volume "${volume}" :`;
  if (data === null) {
    if (source.optional) return [];
    throw new MountFault(`${failed} ${kind} "${source.name}" not found`);
  }
  if (!source.items) return Object.entries(data);
  return source.items.flatMap(({ key, path }): Files => {
    const content = data[key];
    if (content !== undefined) return [[path, content]];
    if (source.optional) return [];
    throw new MountFault(
      `${failed} references non-existent ${kind} key: ${key} in ${pod.metadata.namespace}/${source.name}`,
    );
  });
}

const fieldFiles = (items: FieldItem[] = [], { pod, place }: VolumeContext): Files =>
  items.map(({ path, fieldRef }) => [path, readField(fieldRef?.fieldPath ?? '', pod, place) ?? '']);

function hostFolder(
  volume: string,
  { path, type = '' }: { path: string; type?: string },
  hostRoot: string,
): string {
  const folder = join(hostRoot, path);
  const isFile = type === 'File' || type === 'FileOrCreate';
  if (type === 'DirectoryOrCreate' || type === '') mkdirSync(folder, { recursive: true });
  if (type === 'FileOrCreate' && !existsSync(folder)) write(folder, '');
  if (!existsSync(folder) || statSync(folder).isDirectory() === isFile) {
    const what = isFile ? 'a file' : 'a directory';
    throw new MountFault(
      `MountVolume.SetUp failed for volume "${volume}" : hostPath type check failed: ${path} is not ${what}`,
    );
  }
  return folder;
}

function write(path: string, content: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o644);
}
