import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { checkOptions } from '../../trust-policy/check-report.ts';
import { type Explanation, explainTrust, renderExplanation } from '../../trust-policy/explain.ts';
import { readPolicyFile } from '../../trust-policy/input.ts';

export default class Explain extends PodIamCommand<typeof Explain> {
  static override summary =
    'Say in plain sentences who may become the role, when, and what that does not mean.';
  static override examples = ['<%= config.bin %> trust-policy explain blue.json'];
  static override enableJsonFlag = true;
  static override args = {
    file: Args.string({
      description: 'A trust policy as JSON; - is stdin.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    account: Flags.string({ summary: "The role's account.", helpValue: 'ID' }),
  };

  async run(): Promise<Explanation> {
    const { text, name, parsed } = await readPolicyFile(this.args.file, process.stdin);
    const options = checkOptions({
      nodeRoles: [],
      account: this.flags.account ?? null,
      role: null,
      sizeQuota: 2048,
    });
    const explanation = explainTrust({ name, text, fault: null }, parsed.policy, options);
    this.log(renderExplanation(explanation));
    return explanation;
  }
}
