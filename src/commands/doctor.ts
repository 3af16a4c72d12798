import { Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { concludeExamination } from '../cli/examine-end.ts';
import { codeFlags, probeFlags, targetFlags, targetsOf } from '../cli/examine-flags.ts';
import { outputFlags, outputsOf } from '../cli/report-flags.ts';
import { VERSION } from '../cli/version.ts';
import { usageProblem } from '../model/problem.ts';

export default class Doctor extends PodIamCommand<typeof Doctor> {
  static override summary = 'Find what is wrong with the IAM of pods, and how to mend it; changes nothing.';
  static override description =
    'Reads cluster and AWS and judges what it finds, by codes that `explain` tells more about. With --active ' +
    'it also starts small diagnostic pods that ask for credentials as an SDK does, and takes them away again. ' +
    'What could not be read is unknown, never a pass.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --active -n apps -o human -o junit=report.xml',
    '<%= config.bin %> doctor -f manifests/ --no-cluster --no-aws',
  ];
  static override flags = {
    active: Flags.boolean({ summary: 'Also ask from diagnostic pods.' }),
    file: Flags.string({
      char: 'f',
      summary: 'Manifest file or folder to judge, as if it were applied.',
      helpValue: 'FILE|DIR',
      multiple: true,
      multipleNonGreedy: true,
    }),
    from: Flags.string({ summary: 'Judge a saved snapshot instead.', helpValue: 'SNAPSHOT' }),
    cluster: Flags.boolean({ summary: 'Read the cluster.', default: true, allowNo: true }),
    ...targetFlags,
    ...codeFlags,
    ...probeFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = this;
    outputsOf(flags);
    if (!flags.cluster && !flags.aws && !flags.file && !flags.from)
      throw usageProblem({
        code: 'NOTHING_TO_JUDGE',
        what: 'there is nothing to judge: neither cluster nor AWS, and no file',
        next: 'name manifests (-f FILE|DIR) or a snapshot (--from FILE), or leave out --no-cluster',
      });
    const { examine } = await import('../doctor/examine.ts');
    const saved = flags.from
      ? (await import('../doctor/snapshot-file.ts')).readSnapshotFile(flags.from)
      : null;
    const targets = await targetsOf(flags, {
      hasCluster: flags.cluster && saved === null,
      hasAws: flags.aws && saved === null,
    });
    const examination = await examine({
      ...targets,
      files: flags.file ?? [],
      saved,
      active: flags.active,
      version: VERSION,
      signal: this.signal,
      progress: this.progress,
    });
    this.end(await concludeExamination(examination, flags, this.ending));
  }
}
