import { PodIamCommand } from '../cli/base.ts';
import { connect } from '../cli/connect.ts';
import { systemNamespace } from '../cli/install-flags.ts';
import { table } from '../cli/table.ts';
import { type ProxyStatus, readStatus } from '../install/status.ts';
import { EXIT } from '../model/problem.ts';

export default class Status extends PodIamCommand<typeof Status> {
  static override summary = 'Show how the installed proxy stands on each node.';
  static override description = 'Exits 1 when it is not installed, or not ready on every node.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override enableJsonFlag = true;
  static override flags = { 'system-namespace': systemNamespace };

  async run(): Promise<ProxyStatus> {
    const kube = await connect(this.flags);
    const status = await readStatus(kube, this.flags['system-namespace']);
    const { context, namespace, installed, version, image, nodes, notServable } = status;
    if (!installed) {
      this.log(`pod-iam is not installed in context ${context}`);
      this.logToStderr('Next: pod-iam install');
    } else {
      this.log(
        `pod-iam ${version ?? 'of unknown version'} in namespace ${namespace} of context ${context}, image ${image}`,
      );
      const rows = nodes.map(({ node, daemon, restarts, redirectInPlace, identity }) => [
        node,
        daemon,
        String(restarts),
        redirectInPlace ? 'in place' : 'unknown',
        identity,
      ]);
      for (const line of table(['node', 'daemon', 'restarts', 'redirect', 'identity'], rows)) this.log(line);
      for (const { node, why } of notServable) this.log(`${node}: not served, ${why}`);
      if (!status.ready) this.logToStderr('Next: pod-iam doctor');
    }
    if (!status.ready) this.end(EXIT.findings);
    return status;
  }
}
