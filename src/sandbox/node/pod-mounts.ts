// Makes all volumes of a pod, and tells each container's mounts.
import { join } from 'node:path';
import { linkNested, type Mount } from './mounts.ts';
import type { Pod } from './pod.ts';
import { makeVolume, type VolumeContext } from './volumes.ts';

/** By container name. @throws MountFault when a volume cannot be made (yet) */
export function mountPod({ spec }: Pod, context: VolumeContext): Record<string, Mount[]> {
  const folders = new Map(
    (spec.volumes ?? []).map((volume) => [volume.name, makeVolume(volume, context)] as const),
  );
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return Object.fromEntries(
    containers.map(({ name, volumeMounts = [] }) => {
      const mounts = volumeMounts.map(({ name: volume, mountPath, subPath = '' }) => ({
        path: mountPath.replace(/\/+$/, ''),
        folder: join(folders.get(volume)!, subPath),
      }));
      linkNested(mounts);
      return [name, mounts];
    }),
  );
}
