import { Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { confirm } from '../../cli/prompts.ts';
import { backupName, planLive, writeLive } from '../../trust-policy/apply.ts';
import { type ApplyOutcome, changeLines, outcomeOf, readWanted } from '../../trust-policy/wanted.ts';

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
      summary: 'ARN of an identity to let in: the role that the nodes carry (a session or a user, too).',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'external-id': Flags.string({ summary: 'Let them in only with this external id.' }),
    file: Flags.string({
      summary: 'Put this whole document in place instead; - is stdin.',
      helpValue: 'FILE',
    }),
    backup: Flags.string({
      summary: 'Where to keep the old document; default: a new file here.',
      helpValue: 'FILE',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would change, and write nothing.' }),
  };

  async run(): Promise<ApplyOutcome> {
    const { role, profile, region, yes, 'dry-run': isDryRun } = this.flags;
    const wanted = await readWanted(this.flags, process.stdin);
    const { connectAws } = await import('../../aws/clients.ts');
    const aws = await connectAws({ profile, region, env: process.env });
    this.progress.step(`reading role ${role}`);
    const plan = await planLive(aws, role, wanted);
    this.progress.end();
    for (const line of changeLines(plan)) this.logToStderr(line);
    if (!plan.changed) this.log(`The trust policy of ${plan.role.arn} is left as it is`);
    else if (isDryRun) this.log(plan.document.trimEnd());
    if (!plan.changed || isDryRun) return outcomeOf(plan, isDryRun, null);
    await confirm(`Write this to ${plan.role.arn}?`, { yes, signal: this.signal });
    const backup = this.flags.backup ?? backupName(plan.role, new Date());
    this.progress.step(`writing the trust policy of ${plan.role.name}, and waiting until IAM shows it`);
    await writeLive(aws, plan, { backup, signal: this.signal });
    this.progress.end();
    this.log(`The trust policy of ${plan.role.arn} is changed; the old one is in ${backup}`);
    this.logToStderr('Next: pod-iam verify (STS may need some seconds more)');
    return outcomeOf(plan, false, backup);
  }
}
