import { Flags, type Interfaces } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { daemonFlags } from '../cli/daemon-flags.ts';
import { DAEMON_FLAGS, type DaemonValues, daemonArgs } from '../model/daemon-flags.ts';
import { usageProblem } from '../model/problem.ts';

export default class ProxyCommand extends PodIamCommand<typeof ProxyCommand> {
  static override summary = 'Run the metadata proxy of one node in the foreground.';
  static override description =
    'Answers the metadata requests of the pods of one node, each with the credentials of its own role. Logs JSON lines to stdout; SIGTERM stops it in order.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --node=node-1 --host-ip=10.0.0.11 --base-role-arn=arn:aws:iam::111122223333:role/',
    '<%= config.bin %> <%= command.id %> --kubeconfig ~/.kube/config --node=node-1 --redirect=external',
  ];
  static override ownSignals = true;
  static override flags: Interfaces.FlagInput = {
    ...daemonFlags,
    kubeconfig: Flags.string({ summary: summaryOf('kubeconfig') }),
    region: Flags.string({ summary: summaryOf('region') }),
  };

  async run(): Promise<void> {
    const values: Record<string, string | boolean | null> = {};
    const flags = this.flags as Record<string, string | boolean | undefined>;
    refuseForeign(flags);
    for (const { name } of DAEMON_FLAGS) values[name] = flags[name] ?? null;
    const { main } = await import('../proxy/main.ts');
    this.end(await main(daemonArgs(values as DaemonValues)));
  }
}

/** What the other commands take and the daemon has no use for, rather than another cluster or account unseen. */
function refuseForeign(flags: Record<string, string | boolean | undefined>): void {
  if (flags['context'])
    throw usageProblem({
      code: 'USAGE',
      what: 'the daemon takes no --context',
      why: 'it uses the current context of --kubeconfig',
      next: `kubectl config view --minify --flatten --context ${flags['context']} > FILE; pod-iam proxy --kubeconfig FILE`,
    });
  if (flags['profile'])
    throw usageProblem({
      code: 'USAGE',
      what: 'the daemon takes no --profile',
      why: 'its own identity is that of the instance, or keys or a web identity in the environment',
      next: `eval "$(aws configure export-credentials --profile ${flags['profile']} --format env)"`,
    });
}

function summaryOf(name: string): string {
  return DAEMON_FLAGS.find((flag) => flag.name === name)!.summary;
}
