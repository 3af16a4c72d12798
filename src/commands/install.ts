import { Flags } from '@oclif/core';
import { InstallCommand } from '../cli/install-command.ts';
import { changeFlags, installValuesOf, manifestFlags } from '../cli/install-flags.ts';
import type { InstallOutcome } from '../install/outcome.ts';

export default class Install extends InstallCommand<typeof Install> {
  static override summary = 'Install the proxy on every node, and prove it from a pod on each.';
  static override description =
    'Shows what would change and asks; applies with server-side apply; waits for each node; then a small pod on each node must be answered by the daemon. Running it again changes nothing.';
  static override examples = [
    '<%= config.bin %> install --base-role-arn arn:aws:iam::111122223333:role/',
    '<%= config.bin %> install --dry-run',
    '<%= config.bin %> install --yes --wait 5m --default-role readonly',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    ...manifestFlags,
    ...changeFlags,
    'probe-image': Flags.string({
      summary:
        'Image of the smoke probes: sh and curl 7.75 or newer. Default: a public curl image by digest.',
      helpGroup: 'INSTALLATION',
    }),
    smoke: Flags.boolean({
      summary: 'Prove the installation from a pod on each node.',
      default: true,
      allowNo: true,
      helpGroup: 'INSTALLATION',
    }),
  };

  async run(): Promise<InstallOutcome> {
    return this.installWith(() => installValuesOf(this.flags));
  }
}
