import { Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { askOpen } from '../cli/init-ask.ts';
import { detectAround } from '../cli/init-detect.ts';
import { compareFiles } from '../cli/init-files.ts';
import { givenAnswers, installFlags, refuseSecrets, settingEntries } from '../cli/init-settings.ts';
import { type InitResult, nextCommands, planInWords } from '../cli/init-words.ts';
import { installValuesOf, manifestFlags } from '../cli/install-flags.ts';
import { confirm } from '../cli/prompts.ts';
import { writeFiles } from '../cli/write-files.ts';
import { readBundle } from '../manifests/bundle.ts';
import { installObjects } from '../manifests/objects.ts';
import { kustomizeFiles } from '../manifests/print.ts';
import { checkValues } from '../manifests/values.ts';
import { settle } from '../wizard/answers.ts';
import { planFiles } from '../wizard/plan.ts';

export default class Init extends PodIamCommand<typeof Init> {
  static override summary =
    'Look around, ask what is missing, and write configuration, manifests and policies.';
  static override description =
    'Changes neither the cluster nor AWS: everything ends in files of one folder. Each question has a flag, and --yes asks nothing.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --yes --no-cluster --no-aws --base-role-arn arn:aws:iam::111122223333:role/ --node-role arn:aws:iam::111122223333:role/node --role blue --role red',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    ...manifestFlags,
    output: Flags.string({ char: 'o', summary: 'Folder to write to.', helpValue: 'DIR', default: 'pod-iam' }),
    role: Flags.string({
      summary:
        'Role that pods shall be able to have: name, path/name or ARN. Default: those that workloads are annotated with.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'node-role': Flags.string({
      summary: 'ARN of the role that the nodes carry. Default: as the cluster tells.',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    cluster: Flags.boolean({ summary: 'Look at the cluster.', default: true, allowNo: true }),
    aws: Flags.boolean({ summary: 'Ask AWS who you are.', default: true, allowNo: true }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
    force: Flags.boolean({ summary: 'Overwrite files that differ.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be written, and write nothing.' }),
  };

  async run(): Promise<InitResult> {
    const { output: folder, yes, force, 'dry-run': isDryRun } = this.flags;
    refuseSecrets(this.flags);
    const detected = await detectAround(this.flags, this.origins, this.progress);
    const answers = await askOpen(settle(detected, givenAnswers(this.flags, this.origins)), yes);
    const merged = installFlags(this.flags, detected, answers);
    const values = installValuesOf(merged);
    checkValues(values);
    const plan = planFiles({
      answers,
      annotated: detected.roles,
      settings: settingEntries(merged, this.origins, detected),
      defaultRole: (merged['default-role'] as string | undefined) ?? null,
      manifests: await kustomizeFiles(installObjects(values, readBundle())),
    });
    const changes = compareFiles(folder, plan.files, force || isDryRun);
    for (const line of planInWords(folder, detected, answers, plan, changes)) this.logToStderr(line);
    const next = nextCommands(folder, answers, plan);
    const result = {
      folder,
      files: changes,
      answers,
      roles: plan.roles,
      notes: [...detected.notes, ...plan.notes],
      next,
    };
    if (isDryRun) return { ...result, written: false };
    const question = `Write ${changes.length} files to ${folder}?`;
    await confirm(question, { yes, default: true, declined: 'nothing was written' });
    for (const path of writeFiles(folder, plan.files)) this.log(path);
    this.logToStderr(['Next:', ...next].join('\n  '));
    return { ...result, written: true };
  }
}
