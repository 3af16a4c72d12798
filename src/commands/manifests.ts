import { Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { installValuesOf, manifestFlags } from '../cli/install-flags.ts';
import { writeFiles } from '../cli/write-files.ts';
import { readBundle } from '../manifests/bundle.ts';
import { installObjects } from '../manifests/objects.ts';
import { helmFiles, kustomizeFiles, toYaml } from '../manifests/print.ts';
import { checkValues } from '../manifests/values.ts';
import { usageProblem } from '../model/problem.ts';

export default class Manifests extends PodIamCommand<typeof Manifests> {
  static override summary = 'Print what install would apply.';
  static override description =
    'The same flags always give the same bytes. Needs no cluster. Apply with `kubectl apply --server-side`: the bundle is too large for client-side apply.';
  static override examples = [
    '<%= config.bin %> manifests --base-role-arn arn:aws:iam::111122223333:role/ | kubectl apply --server-side -f -',
    '<%= config.bin %> manifests --format kustomize --output-dir deploy/pod-iam',
  ];
  static override flags = {
    ...manifestFlags,
    format: Flags.string({
      summary: 'One YAML stream on stdout, or a kustomize base or a Helm chart in a folder.',
      options: ['yaml', 'kustomize', 'helm'],
      default: 'yaml',
      helpGroup: 'OUTPUT',
    }),
    'output-dir': Flags.string({ summary: 'Folder to write to.', helpValue: 'DIR', helpGroup: 'OUTPUT' }),
  };

  async run(): Promise<void> {
    const values = installValuesOf(this.flags);
    checkValues(values);
    const { format, 'output-dir': folder } = this.flags;
    const objects = installObjects(values, readBundle());
    if (format === 'yaml' && !folder) {
      process.stdout.write(await toYaml(objects));
      return;
    }
    if (!folder)
      throw usageProblem({
        code: 'USAGE',
        what: `--format ${format} writes several files: it needs --output-dir DIR`,
        next: `pod-iam manifests --format ${format} --output-dir DIR`,
      });
    const files =
      format === 'helm'
        ? await helmFiles(objects, values.version)
        : format === 'kustomize'
          ? await kustomizeFiles(objects)
          : { 'pod-iam.yaml': await toYaml(objects) };
    for (const path of writeFiles(folder, files)) this.log(path);
    // https://helm.sh/docs/topics/advanced/#storage-backends: a release is one Secret, chart and result in it.
    if (format === 'helm' && values.delivery === 'configmap')
      this.logToStderr(
        'Warning: helm install keeps the bundle twice in one Secret, which is too large for it; use --delivery image, or helm template | kubectl apply --server-side -f -',
      );
  }
}
