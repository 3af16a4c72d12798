import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { concludeExamination } from '../cli/examine-end.ts';
import { codeFlags, probeFlags, targetFlags, targetsOf } from '../cli/examine-flags.ts';
import { outputFlags, outputsOf } from '../cli/report-flags.ts';
import { VERSION } from '../cli/version.ts';
import { EXIT, Problem } from '../model/problem.ts';

export default class Verify extends PodIamCommand<typeof Verify> {
  static override summary =
    'Prove from inside the cluster that each annotated workload gets exactly its role.';
  static override description =
    'Starts one diagnostic pod for each annotated workload, in its namespace, with its service account and its ' +
    'role, and beside it one without a role. Fails unless STS takes each for its annotated role, and the others ' +
    'for nobody. The pods are taken away whatever happens.';
  static override examples = [
    '<%= config.bin %> verify',
    '<%= config.bin %> verify Deployment/web -n apps',
    '<%= config.bin %> verify -o human -o junit=verify.xml',
  ];
  static override args = {
    workload: Args.string({
      description: 'Workloads as KIND/NAME, several if wanted. Default: all that are annotated.',
      ignoreStdin: true,
      multiple: true,
    }),
  };
  static override flags = {
    'allow-empty': Flags.boolean({ summary: 'Exit 0 when no workload is annotated.' }),
    ...targetFlags,
    ...codeFlags,
    ...probeFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = this;
    outputsOf(flags);
    const { examine } = await import('../doctor/examine.ts');
    const examination = await examine({
      ...(await targetsOf(flags, { names: this.args.workload ?? [], hasCluster: true, hasAws: flags.aws })),
      files: [],
      active: true,
      needsAnnotated: true,
      audits: false,
      version: VERSION,
      signal: this.signal,
      progress: this.progress,
    });
    const isEmpty = flags['allow-empty'] && isProblem(examination.problem, 'NOTHING_TO_VERIFY');
    if (isEmpty) {
      examination.problem = null;
      examination.report.complete = true;
      this.logToStderr('There is nothing to verify: no selected workload carries a role annotation.');
    }
    const code = await concludeExamination(examination, flags, this.ending);
    this.end(isEmpty && code === EXIT.unchecked ? EXIT.ok : code);
  }
}

const isProblem = (error: Error | null, code: string): boolean =>
  error instanceof Problem && error.code === code;
