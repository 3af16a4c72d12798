// What install and upgrade share: plan, show, ask, apply, prove, print.
import type { Command } from '@oclif/core';
import type { Kube } from '../cluster/kube.ts';
import { applyInstall, type InstallPlan, planInstall } from '../install/install.ts';
import { type InstallOutcome, outcomeOf, warningsOf } from '../install/outcome.ts';
import { proveNodes } from '../install/prove.ts';
import { readBundle } from '../manifests/bundle.ts';
import type { InstallValues } from '../manifests/values.ts';
import { EXIT } from '../model/problem.ts';
import { DEFAULT_PROBE_IMAGE } from '../probe/pod.ts';
import { PodIamCommand } from './base.ts';
import { connect } from './connect.ts';
import { changesInWords, colouredDiff } from './diff.ts';
import { waitOf } from './duration.ts';
import { confirm } from './prompts.ts';
import { table } from './table.ts';

interface InstallFlags {
  yes: boolean;
  'dry-run': boolean;
  wait: string;
  smoke: boolean;
  'probe-image'?: string;
}

export abstract class InstallCommand<T extends typeof Command> extends PodIamCommand<T> {
  protected async installWith(
    valuesFor: (kube: Kube) => InstallValues | Promise<InstallValues>,
  ): Promise<InstallOutcome> {
    const flags = this.flags as unknown as InstallFlags;
    const waitMs = waitOf(flags.wait);
    const kube = await connect(this.flags);
    const plan = await planInstall(kube, await valuesFor(kube), readBundle(), this.progress);
    this.progress.end();
    this.#show(plan, flags['dry-run']);
    if (flags['dry-run']) return outcomeOf(plan, kube.context, { dryRun: true, proofs: null });

    const count = plan.changes.filter(({ action }) => action !== 'none').length;
    const { signal, progress } = this;
    if (count > 0)
      await confirm(`Apply ${count} changes to context ${kube.context.name}?`, {
        yes: flags.yes,
        signal,
      });
    await applyInstall(kube, plan, { waitMs, signal, progress });
    const image = flags['probe-image'] ?? DEFAULT_PROBE_IMAGE;
    const proofs =
      flags.smoke && waitMs > 0
        ? await proveNodes(kube, plan.values, plan.nodes.reachable, { image, signal, progress })
        : null;
    this.progress.end();
    return this.#report(outcomeOf(plan, kube.context, { dryRun: false, proofs }));
  }

  /** With --dry-run the difference is the result; otherwise it is talk, and goes to stderr. */
  #show(plan: InstallPlan, isDryRun: boolean): void {
    for (const warning of warningsOf(plan)) this.logToStderr(`Warning: ${warning}`);
    for (const { action, diff } of plan.changes)
      if (action === 'update' || (isDryRun && action === 'create'))
        this.logPainted(colouredDiff(diff, this.hasColour), { toStderr: !isDryRun });
    const changes = changesInWords(plan.changes);
    if (isDryRun) this.log(changes);
    else this.logToStderr(changes);
  }

  #report(outcome: InstallOutcome): InstallOutcome {
    const { version, namespace, context, nodes } = outcome;
    this.log(`pod-iam ${version} is installed in namespace ${namespace} of context ${context}`);
    if (nodes.length > 0) {
      const rows = nodes.map(({ node, proven, what }) => [node, proven ? 'proven' : 'not proven', what]);
      for (const line of table(['node', 'redirect', 'seen from a pod'], rows)) this.log(line);
    }
    const open = nodes.filter(({ proven }) => !proven);
    for (const next of new Set(open.map(({ next }) => next))) if (next) this.logToStderr(`Next: ${next}`);
    if (outcome.proven === false) this.end(EXIT.unchecked);
    else this.logToStderr('Next: pod-iam doctor');
    return outcome;
  }
}
