import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { parsePolicy } from '../../model/policy.ts';
import { usageProblem } from '../../model/problem.ts';
import { checkOptions } from '../../trust-policy/check-report.ts';
import { type Explanation, explainTrust, renderExplanation } from '../../trust-policy/explain.ts';
import { readPolicyText } from '../../trust-policy/input.ts';

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
    const document = await readPolicyText(this.args.file, process.stdin);
    const { policy, faults } = parsePolicy(document.text);
    if (document.fault !== null || policy === null) {
      const [fault] = faults;
      throw usageProblem({
        code: 'BAD_POLICY',
        what: document.fault
          ? `${document.name} is no policy: ${document.fault}`
          : `${document.name}:${fault?.line}:${fault?.column}: ${fault?.message}`,
        ...(fault?.hint ? { next: fault.hint } : {}),
      });
    }
    const options = checkOptions({
      nodeRoles: [],
      account: this.flags.account ?? null,
      role: null,
      sizeQuota: 2048,
    });
    const explanation = explainTrust(document, policy, options);
    this.log(renderExplanation(explanation));
    return explanation;
  }
}
