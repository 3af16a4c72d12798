// Which images the sandbox's nodes hold, and what a container of each runs. There is no registry to
// pull from: any other image fails as one that does not exist.

export type Image =
  | { state: 'present'; entrypoint: readonly string[] }
  | { state: 'absent'; reason: 'ErrImagePull' | 'InvalidImageName'; message: string };

/** Longest sleep that every `sleep` takes: 68 years. */
const FOREVER = '2147483647';

const IMAGES: readonly { named: RegExp; entrypoint: readonly string[] }[] = [
  { named: /pause/, entrypoint: ['sleep', FOREVER] },
  { named: /^node$/, entrypoint: ['node'] },
  { named: /curl/, entrypoint: ['curl'] },
  { named: /^(busybox|alpine|debian|bash)$/, entrypoint: ['sh'] },
];

export function findImage(reference: string): Image {
  const match = /^(?:[a-z0-9.-]+(?::\d+)?\/)*([a-z0-9._-]+)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/.exec(
    reference,
  );
  if (!match) {
    return {
      state: 'absent',
      reason: 'InvalidImageName',
      message: `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`,
    };
  }
  const found = reference.includes('no-such') ? undefined : IMAGES.find(({ named }) => named.test(match[1]!));
  if (found) return { state: 'present', entrypoint: found.entrypoint };
  return {
    state: 'absent',
    reason: 'ErrImagePull',
    message: `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`,
  };
}
