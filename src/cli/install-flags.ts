// The flags of the commands that make the proxy's objects, and the values that they amount to.
import { Flags } from '@oclif/core';
import { DEFAULT_IMAGE, DELIVERIES, defaultValues, type InstallValues } from '../manifests/values.ts';
import { daemonFlags, daemonValuesOf } from './daemon-flags.ts';
import { VERSION } from './version.ts';

export const systemNamespace = Flags.string({
  summary: "pod-iam's own namespace (-n is always the workloads').",
  default: 'pod-iam',
  helpGroup: 'INSTALLATION',
});

/** Without defaults but the namespace's: an upgrade keeps what is installed. */
export const manifestFlags = {
  ...daemonFlags,
  'system-namespace': systemNamespace,
  delivery: Flags.string({
    summary:
      'How the daemon gets to the nodes: from a ConfigMap into a stock Node image (default), or in the image.',
    options: [...DELIVERIES],
    helpGroup: 'INSTALLATION',
  }),
  image: Flags.string({
    summary: `Image of the daemon's pods, by tag or digest. Default: ${DEFAULT_IMAGE}.`,
    helpGroup: 'INSTALLATION',
  }),
  'redirect-image': Flags.string({
    summary: "Image with node, nft and iptables for the redirect. Default: the node's own tools are used.",
    helpGroup: 'INSTALLATION',
  }),
  'aws-secret': Flags.string({
    summary:
      "Secret with AWS_ACCESS_KEY_ID and so on, the daemon's own identity. Default: the instance's role.",
    helpGroup: 'INSTALLATION',
  }),
};

/** @throws Problem of kind usage for a value that cannot be */
export function installValuesOf(
  flags: Record<string, unknown>,
  base: InstallValues = defaultValues(VERSION),
): InstallValues {
  const text = <T extends string | null>(name: string, otherwise: T) =>
    (flags[name] as T | undefined) ?? otherwise;
  return {
    systemNamespace: text('system-namespace', base.systemNamespace),
    delivery: text('delivery', base.delivery),
    image: text('image', base.image),
    redirectImage: text('redirect-image', base.redirectImage),
    awsSecret: text('aws-secret', base.awsSecret),
    daemon: daemonValuesOf(flags, base.daemon),
    version: VERSION,
  };
}

export const changeFlags = {
  yes: Flags.boolean({ char: 'y', summary: 'Do not ask.', helpGroup: 'INSTALLATION' }),
  'dry-run': Flags.boolean({
    summary: 'Show what would change, as the API server sees it, and change nothing.',
    helpGroup: 'INSTALLATION',
  }),
  wait: Flags.string({
    summary: 'How long to wait for the nodes; 0 not at all.',
    default: '2m',
    helpValue: 'TIMEOUT',
    helpGroup: 'INSTALLATION',
  }),
};
