import { Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { confirm } from '../../cli/prompts.ts';
import { interruptedProblem, usageProblem } from '../../model/problem.ts';
import { backupName, type LivePlan, planLive, type Wanted, writeLive } from '../../trust-policy/apply.ts';
import { readPolicyText } from '../../trust-policy/input.ts';

export interface ApplyOutcome {
  role: string;
  changed: boolean;
  dryRun: boolean;
  added: string[];
  removed: string[];
  notes: string[];
  /** Where the old document is; null when nothing was written. */
  backup: string | null;
  document: string;
}

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
    const { role, profile, region, yes } = this.flags;
    const wanted = await this.#wanted();
    const { connectAws } = await import('../../aws/clients.ts');
    const aws = await connectAws({ profile, region, env: process.env });
    this.progress.step(`reading role ${role}`);
    const plan = await planLive(aws, role, wanted);
    this.progress.end();
    this.#show(plan);
    if (!plan.changed) return this.#outcome(plan, null);
    if (this.flags['dry-run']) {
      this.log(plan.document.trimEnd());
      return this.#outcome(plan, null);
    }
    const isWanted = await confirm(`Write this to ${plan.role.arn}?`, { yes, flagName: '--yes' });
    if (!isWanted)
      throw interruptedProblem({ code: 'DECLINED', what: 'nothing was changed: the answer was no' });
    const backup = this.flags.backup ?? backupName(plan.role, new Date());
    this.progress.step(`writing the trust policy of ${plan.role.name}, and waiting until IAM shows it`);
    await writeLive(aws, plan, { backup, signal: this.signal });
    this.progress.end();
    this.log(`The trust policy of ${plan.role.arn} is changed; the old one is in ${backup}`);
    this.logToStderr('Next: pod-iam verify (STS may need some seconds more)');
    return this.#outcome(plan, backup);
  }

  async #wanted(): Promise<Wanted> {
    const { file } = this.flags;
    const identities = this.flags['node-role'] ?? [];
    if ((file === undefined) === (identities.length === 0))
      throw usageProblem({
        code: 'USAGE',
        what: 'say what to write: --node-role ARN or --file FILE, one of them',
      });
    if (file === undefined) return { identities, externalId: this.flags['external-id'] ?? null };
    const { name, text, fault } = await readPolicyText(file, process.stdin);
    if (fault !== null) throw usageProblem({ code: 'BAD_POLICY', what: `${name} is no policy: ${fault}` });
    return { document: text };
  }

  /** What changes, in words, before anything is asked; talk, so to stderr. */
  #show({ role, changed, added, removed, notes }: LivePlan): void {
    for (const line of removed) this.logToStderr(`- ${line}`);
    for (const line of added) this.logToStderr(`+ ${line}`);
    for (const line of notes) this.logToStderr(`Note: ${line}`);
    if (!changed) this.log(`The trust policy of ${role.arn} is left as it is`);
  }

  #outcome(
    { role, changed, added, removed, notes, document }: LivePlan,
    backup: string | null,
  ): ApplyOutcome {
    return {
      role: role.arn,
      changed,
      dryRun: this.flags['dry-run'],
      added,
      removed,
      notes,
      backup,
      document,
    };
  }
}
