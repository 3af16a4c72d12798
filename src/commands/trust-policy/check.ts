import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { connectToAws } from '../../cli/connect.ts';
import { deliverReport, outputFlags, outputsOf } from '../../cli/report-flags.ts';
import { VERSION } from '../../cli/version.ts';
import { checkPolicies } from '../../trust-policy/check.ts';
import { type CheckWords, checkOptions, reportOf } from '../../trust-policy/check-report.ts';
import { readNodeIdentity } from '../../trust-policy/identity.ts';
import { readPolicyText, spreadPaths } from '../../trust-policy/input.ts';
import type { CheckOptions } from '../../trust-policy/rule.ts';
import { DEFAULT_QUOTA } from '../../trust-policy/size.ts';

export default class Check extends PodIamCommand<typeof Check> {
  static override summary =
    'Check trust policies in files: what IAM would refuse, what never works, what lets in too many.';
  static override examples = [
    '<%= config.bin %> trust-policy check blue.json --node-role arn:aws:iam::111122223333:role/node',
    '<%= config.bin %> trust-policy check policies/*.json -o human -o sarif=trust.sarif',
  ];
  static override args = {
    file: Args.string({
      description: 'Trust policies as JSON; - is stdin.',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    'node-role': Flags.string({
      summary: 'ARN of an identity that must be let in: the role that the nodes carry.',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    account: Flags.string({ summary: "The role's account.", helpValue: 'ID' }),
    role: Flags.string({ summary: 'The role that carries the policy: its ARN, or its name with --account.' }),
    'external-id': Flags.string({
      summary: 'The external id that the pods send; empty for none.',
      helpValue: 'ID',
    }),
    'session-name': Flags.string({
      summary: 'A session name as the proxy will ask for it, such as shop.web-1.',
      helpValue: 'NAME',
    }),
    live: Flags.boolean({
      summary:
        'Ask IAM too: whether those named exist and the token issuers are known, the size quota, and with --role and --node-role what the own policies of the nodes allow.',
    }),
    'size-quota': Flags.integer({
      summary:
        "The account's quota on a trust policy, in characters without white space. Default: 2048, with --live what IAM tells.",
      min: 1,
    }),
    ...outputFlags,
  };

  async run(): Promise<void> {
    outputsOf(this.flags);
    const startedAtMs = Date.now();
    const documents = [];
    for (const path of await spreadPaths(this.args.file))
      documents.push(await readPolicyText(path, process.stdin));
    const { 'node-role': nodeRoles = [], account = null, role = null, live: isLive } = this.flags;
    const words: CheckWords = {
      ...{ nodeRoles, account, role, sizeQuota: this.flags['size-quota'] ?? DEFAULT_QUOTA },
      externalId: this.flags['external-id'],
      sessionName: this.flags['session-name'],
    };
    const options = isLive
      ? await this.#askIam(
          documents.map(({ text }) => text),
          words,
        )
      : checkOptions(words);
    const results = checkPolicies(documents, options);
    const report = reportOf(results, {
      version: VERSION,
      account: options.account,
      startedAtMs,
      endedAtMs: Date.now(),
    });
    this.end(await deliverReport(report, this.flags, this.ending));
  }

  /** Throws a Problem when AWS cannot be asked at all. */
  async #askIam(documents: string[], words: CheckWords): Promise<CheckOptions> {
    const { gatherNamed, gatherOwnSides } = await import('../../aws/gather-trust.ts');
    const aws = await connectToAws(this.flags);
    this.progress.step('asking IAM about those who are named');
    const caller = await aws.caller();
    const options = checkOptions({ ...words, account: words.account ?? caller.account });
    const live = await gatherNamed(aws, documents, caller);
    const nodes = options.nodeIdentities.map((identity) => readNodeIdentity(identity).principal);
    const ownSides = options.role === null ? new Map() : await gatherOwnSides(aws, nodes, options.role.arn);
    const quota = this.flags['size-quota'] ?? (await aws.trustPolicyQuota().catch(() => null));
    this.progress.end();
    return { ...options, sizeQuota: quota ?? DEFAULT_QUOTA, live: { ...live, ownSides } };
  }
}
