import { Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { connect } from '../cli/connect.ts';
import { waitOf } from '../cli/duration.ts';
import { changeFlags, installValuesOf, manifestFlags } from '../cli/install-flags.ts';
import { confirm } from '../cli/prompts.ts';
import { table } from '../cli/table.ts';
import { nameOf } from '../cluster/change.ts';
import { planUninstall, type UninstallOutcome, uninstall } from '../install/uninstall.ts';
import { readBundle } from '../manifests/bundle.ts';
import { EXIT } from '../model/problem.ts';

/** Whoever takes the fence away should know what stood behind it. */
const BARE_NODES =
  "Pods now reach the nodes' own metadata service, and with it the node role, unless the instances' hop limit is 1 or a NetworkPolicy keeps them from 169.254.169.254";

export default class Uninstall extends PodIamCommand<typeof Uninstall> {
  static override summary = 'Take the proxy away again, with the rule on every node, and prove it.';
  static override description =
    'Stops the daemons, removes the redirect rule on each node and reads the proof from each, then deletes every object that carries the label app.kubernetes.io/managed-by=pod-iam, the namespace last. Nothing else is touched.';
  static override examples = ['<%= config.bin %> uninstall', '<%= config.bin %> uninstall --yes'];
  static override enableJsonFlag = true;
  static override flags = {
    'system-namespace': manifestFlags['system-namespace'],
    image: manifestFlags.image,
    ...changeFlags,
    'clean-nodes': Flags.boolean({
      summary: 'Clean the nodes even if nothing is found, as after a namespace that was deleted by hand.',
      helpGroup: 'INSTALLATION',
    }),
  };

  async run(): Promise<UninstallOutcome> {
    const { flags, signal, progress } = this;
    const timeoutMs = waitOf(flags.wait) || waitOf('2m');
    const kube = await connect(flags);
    const plan = await planUninstall(kube, installValuesOf(flags), progress);
    progress.end();
    const namespace = plan.values.systemNamespace;
    const context = kube.context.name;
    const nothing = { context, namespace, nodes: [], deleted: [], left: [], namespaceKept: null };
    if (plan.objects.length === 0 && !flags['clean-nodes']) {
      this.log(`pod-iam is not installed in namespace ${namespace} of context ${context}: nothing to do`);
      this.logToStderr(
        'If its namespace was deleted by hand, rules are left on the nodes: pod-iam uninstall --clean-nodes',
      );
      return { ...nothing, installed: false };
    }
    const print = (text: string) => (flags['dry-run'] ? this.log(text) : this.logToStderr(text));
    for (const object of plan.objects) print(`- delete ${nameOf(object)}`);
    if (flags['dry-run']) return { ...nothing, installed: true, left: plan.objects.map(nameOf) };
    await confirm(`Remove pod-iam and its rules on all nodes of context ${context}?`, {
      yes: flags.yes,
      signal,
    });
    const outcome = await uninstall(kube, plan, readBundle(), { timeoutMs, signal, progress });
    progress.end();
    return this.#report(outcome);
  }

  #report(outcome: UninstallOutcome): UninstallOutcome {
    const { context, namespace, nodes, left, namespaceKept } = outcome;
    const rows = nodes.map(({ node, clean, what }) => [node, clean ? 'clean' : 'unproven', what]);
    if (rows.length > 0) for (const line of table(['node', 'rules', 'seen'], rows)) this.log(line);
    if (left.length > 0)
      this.log(`pod-iam is still installed in context ${context}: it is needed to clean the nodes`);
    else this.log(`pod-iam is uninstalled from context ${context}`);
    if (namespaceKept) this.log(`The namespace ${namespace} is kept: ${namespaceKept}`);
    if (nodes.some(({ clean }) => clean)) this.logToStderr(BARE_NODES);
    const open = nodes.filter(({ clean }) => !clean);
    if (open.length > 0) {
      const names = open.map(({ node }) => node).join(', ');
      this.logToStderr(
        `Next: on ${names}, as root: ${open[0]!.byHand}${left.length > 0 ? '; then pod-iam uninstall again' : ''}`,
      );
      this.end(EXIT.unchecked);
    }
    return outcome;
  }
}
