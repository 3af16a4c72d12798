import { InstallCommand } from '../cli/install-command.ts';
import { installValuesOf } from '../cli/install-flags.ts';
import { VERSION } from '../cli/version.ts';
import { installedValues, readDaemonSet } from '../install/installed.ts';
import type { InstallOutcome } from '../install/outcome.ts';
import { defaultValues } from '../manifests/values.ts';
import { environmentProblem } from '../model/problem.ts';
import Install from './install.ts';

export default class Upgrade extends InstallCommand<typeof Upgrade> {
  static override summary = 'Bring an installed proxy to this version, and prove it from a pod on each node.';
  static override description =
    'Keeps the settings of the installation; flags that are given change them. Otherwise the same as install.';
  static override examples = ['<%= config.bin %> upgrade', '<%= config.bin %> upgrade --dry-run'];
  static override enableJsonFlag = true;
  static override flags = Install.flags;

  async run(): Promise<InstallOutcome> {
    return this.installWith(async (kube) => {
      const namespace = this.flags['system-namespace'] as string;
      const daemonSet = await readDaemonSet(kube, namespace);
      if (daemonSet === null) {
        throw environmentProblem({
          code: 'NOT_INSTALLED',
          what: `pod-iam is not installed in namespace ${namespace} of context ${kube.context.name}`,
          next: 'pod-iam install',
        });
      }
      const installed = installedValues(daemonSet, defaultValues(VERSION));
      this.logToStderr(
        installed.version === VERSION
          ? `Already at version ${VERSION}`
          : `From version ${installed.version} to ${VERSION}`,
      );
      return installValuesOf(this.flags, installed);
    });
  }
}
