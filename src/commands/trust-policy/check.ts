import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { connectToAws } from '../../cli/connect.ts';
import { deliverReport, outputFlags, outputsOf } from '../../cli/report-flags.ts';
import { VERSION } from '../../cli/version.ts';
import { checkPolicies } from '../../trust-policy/check.ts';
import { checkOptions, reportOf } from '../../trust-policy/check-report.ts';
import { readPolicyText, spreadPaths } from '../../trust-policy/input.ts';

/** Of an account that never asked for more. */
const DEFAULT_QUOTA = 2048;

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
      summary: 'Ask IAM too: whether those named exist and the token issuers are known, and the size quota.',
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
    const told = this.flags.live ? await this.#askIam(documents.map(({ text }) => text)) : null;
    const options = checkOptions({
      nodeRoles: this.flags['node-role'] ?? [],
      account: this.flags.account ?? told?.account ?? null,
      role: this.flags.role ?? null,
      sizeQuota: this.flags['size-quota'] ?? told?.sizeQuota ?? DEFAULT_QUOTA,
      externalId: this.flags['external-id'],
      sessionName: this.flags['session-name'],
      live: told?.live ?? null,
    });
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
  async #askIam(documents: string[]) {
    const { gatherNamed } = await import('../../aws/gather-trust.ts');
    const aws = await connectToAws(this.flags);
    this.progress.step('asking IAM about those who are named');
    const caller = await aws.caller();
    const live = await gatherNamed(aws, documents, caller);
    const sizeQuota = await aws.trustPolicyQuota().catch(() => null);
    this.progress.end();
    return { account: caller.account, live, sizeQuota };
  }
}
