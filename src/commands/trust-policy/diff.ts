import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { connectToAws } from '../../cli/connect.ts';
import { type Policy, parsePolicy } from '../../model/policy.ts';
import { EXIT, usageProblem } from '../../model/problem.ts';
import { visible } from '../../model/visible.ts';
import { diffTrust, renderDiff, type TrustDiff } from '../../trust-policy/diff.ts';
import { readPolicyFile } from '../../trust-policy/input.ts';
import { wideningWords } from '../../trust-policy/widening.ts';

export default class Diff extends PodIamCommand<typeof Diff> {
  static override summary =
    'Compare two trust policies by what they mean; order and form do not matter (exit 1 when they differ).';
  static override description =
    'Two files, or with --role what the role has in IAM now, and one file of what it is to have.';
  static override examples = [
    '<%= config.bin %> trust-policy diff before.json after.json',
    '<%= config.bin %> trust-policy diff after.json --role blue',
  ];
  static override enableJsonFlag = true;
  static override args = {
    before: Args.string({
      description: 'A trust policy as JSON; - is stdin.',
      required: true,
      ignoreStdin: true,
    }),
    after: Args.string({ description: 'The other one; left out with --role.', ignoreStdin: true }),
  };
  static override flags = {
    role: Flags.string({
      summary: 'Compare what this role has in IAM with the file: name, path/name or ARN.',
    }),
  };

  async run(): Promise<TrustDiff> {
    const { role } = this.flags;
    const { before: first, after: second } = this.args;
    if ((role === undefined) !== (second !== undefined))
      throw usageProblem({
        code: 'USAGE',
        what: role === undefined ? 'there is nothing to compare it with' : '--role takes one file',
        next: 'give two files, or one file and --role NAME',
      });
    const before = role === undefined ? await this.#fromFile(first) : await this.#live(role);
    const after = await this.#fromFile(second ?? first);
    const diff = diffTrust(before, after);
    const widening = diff.isEqual ? [] : wideningWords(before, after, role?.split('/').at(-1) ?? 'the role');
    this.log(renderDiff(diff));
    for (const line of widening) this.log(visible(`In short: ${line}.`));
    this.end(diff.isEqual ? EXIT.ok : EXIT.findings);
    return diff;
  }

  async #fromFile(path: string): Promise<Policy> {
    return (await readPolicyFile(path, process.stdin)).parsed.policy;
  }

  async #live(name: string): Promise<Policy> {
    const { noTrustPolicy, readRole } = await import('../../trust-policy/live-role.ts');
    this.progress.step(`reading role ${name}`);
    const { arn, trustPolicy } = await readRole(await connectToAws(this.flags), name);
    this.progress.end();
    const { policy } = parsePolicy(trustPolicy);
    if (policy !== null) return policy;
    throw noTrustPolicy(arn);
  }
}
