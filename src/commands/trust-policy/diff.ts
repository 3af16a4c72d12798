import { Args } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { EXIT } from '../../model/problem.ts';
import { diffTrust, renderDiff, type TrustDiff } from '../../trust-policy/diff.ts';
import { readPolicyFile } from '../../trust-policy/input.ts';

export default class Diff extends PodIamCommand<typeof Diff> {
  static override summary =
    'Compare two trust policies by what they mean; order and form do not matter (exit 1 when they differ).';
  static override examples = ['<%= config.bin %> trust-policy diff before.json after.json'];
  static override enableJsonFlag = true;
  static override args = {
    before: Args.string({
      description: 'A trust policy as JSON; - is stdin.',
      required: true,
      ignoreStdin: true,
    }),
    after: Args.string({ description: 'The other one.', required: true, ignoreStdin: true }),
  };

  async run(): Promise<TrustDiff> {
    const before = await readPolicyFile(this.args.before, process.stdin);
    const after = await readPolicyFile(this.args.after, process.stdin);
    const diff = diffTrust(before.parsed.policy, after.parsed.policy);
    this.log(renderDiff(diff));
    this.end(diff.isEqual ? EXIT.ok : EXIT.findings);
    return diff;
  }
}
