import { Flags } from '@oclif/core';
import type { Aws } from '../../aws/aws.ts';
import { PodIamCommand } from '../../cli/base.ts';
import { connectToAws } from '../../cli/connect.ts';
import { waitOf } from '../../cli/duration.ts';
import { nodeRolesOf } from '../../cli/node-roles.ts';
import { confirm } from '../../cli/prompts.ts';
import { proxyFlag } from '../../cli/proxy-flag.ts';
import { harmlessJson } from '../../model/printed-json.ts';
import { EXIT } from '../../model/problem.ts';
import { quote } from '../../model/shell.ts';
import { backupName, writeLive } from '../../trust-policy/apply.ts';
import { claimOf, type LivePlan, planLive } from '../../trust-policy/plan-live.ts';
import { isProof, prepareProof } from '../../trust-policy/prepare-proof.ts';
import { prove } from '../../trust-policy/prove.ts';
import {
  type ApplyOutcome,
  changeLines,
  outcomeOf,
  proofLines,
  readWanted,
} from '../../trust-policy/wanted.ts';

export default class Apply extends PodIamCommand<typeof Apply> {
  static override summary =
    "Let nodes in by a live role's trust policy: adds one statement, and only when it is missing.";
  static override examples = [
    '<%= config.bin %> trust-policy apply --role blue --node-role arn:aws:iam::111122223333:role/node',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    role: Flags.string({ summary: 'The role to change: name, path/name or ARN.', required: true }),
    'node-role': Flags.string({
      summary:
        'ARN of an identity to let in: the role that the nodes carry (a session or a user, too). Default: as the cluster tells.',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...proxyFlag,
    'external-id': Flags.string({ summary: 'Let them in only with this external id.' }),
    file: Flags.string({
      summary:
        'Put this whole document in place instead; - is stdin. Refused when it leaves out what pod-iam did not write.',
      helpValue: 'FILE',
    }),
    'allow-removals': Flags.boolean({
      summary: 'With --file: take out statements that pod-iam did not write, too.',
    }),
    'prove-as': Flags.string({
      summary:
        'AWS profile with the credentials of somebody whom the document lets in, to prove it by an actual AssumeRole. Default: the credentials in use, where it lets them in.',
      helpValue: 'PROFILE',
    }),
    wait: Flags.string({
      summary: 'How long to wait until IAM shows the change, and STS heeds it.',
      helpValue: 'TIMEOUT',
      default: '1m',
    }),
    backup: Flags.string({
      summary: 'Where to keep the old document; default: a new file here.',
      helpValue: 'FILE',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would change, and write nothing.' }),
  };

  async run(): Promise<ApplyOutcome> {
    const { role, region, yes, wait, 'dry-run': isDryRun, 'prove-as': proveAs } = this.flags;
    const timeoutMs = waitOf(wait);
    const wanted = await readWanted(await this.#withNodeRoles(), process.stdin);
    const aws = await connectToAws(this.flags);
    this.progress.step(`reading role ${role}`);
    const plan = await planLive(aws, role, wanted);
    this.progress.end();
    for (const line of changeLines(plan)) this.logToStderr(line);
    if (plan.denied.length > 0) this.end(EXIT.findings);
    if (!plan.changed) this.log(`The trust policy of ${plan.role.arn} is left as it is`);
    else if (isDryRun) this.log(harmlessJson(plan.document.trimEnd()));
    if (isDryRun || (!plan.changed && proveAs === undefined)) return outcomeOf(plan, { dryRun: isDryRun });
    if (plan.changed) await confirm(`Write this to ${plan.role.arn}?`, { yes, signal: this.signal });

    const prover = proveAs === undefined ? aws : await connectToAws({ profile: proveAs, region });
    const claim = claimOf(plan);
    const prepared = await prepareProof(prover, claim);
    const backup = plan.changed ? await this.#write(aws, plan, timeoutMs) : null;
    if (!isProof(prepared))
      this.progress.step(`asking STS for ${plan.role.name} as ${prepared.as}, to prove it`);
    const options = { signal: this.signal, timeoutMs };
    const proof = isProof(prepared) ? prepared : await prove(prover, claim, prepared, options);
    this.progress.end();
    for (const line of proofLines(proof)) this.logToStderr(line);
    if (proof.outcome === 'not-in-force' || (proof.outcome !== 'proven' && proveAs !== undefined))
      this.end(EXIT.unchecked);
    return outcomeOf(plan, { backup, proof });
  }

  /** Where nothing is said, those that the cluster tells are to be let in. */
  async #withNodeRoles(): Promise<typeof this.flags> {
    const { file, 'node-role': named = [] } = this.flags;
    if (file !== undefined || named.length > 0) return this.flags;
    const say = (line: string): void => this.logToStderr(line);
    return { ...this.flags, 'node-role': await nodeRolesOf(this.flags, { progress: this.progress, say }) };
  }

  async #write(aws: Aws, plan: LivePlan, timeoutMs: number): Promise<string> {
    const { name, arn } = plan.role;
    const backup = this.flags.backup ?? backupName(plan.role, new Date());
    this.progress.step(`writing the trust policy of ${name}, and waiting until IAM shows it`);
    await writeLive(aws, plan, { backup, signal: this.signal, timeoutMs });
    this.progress.end();
    this.log(`The trust policy of ${arn} is changed; the old one is in ${backup}`);
    this.logToStderr(`To undo it: pod-iam trust-policy apply --role ${name} --file ${quote(backup)}`);
    return backup;
  }
}
