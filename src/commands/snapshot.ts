import { Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { probeFlags, targetFlags, targetsOf } from '../cli/examine-flags.ts';
import { VERSION } from '../cli/version.ts';
import { writeResult } from '../cli/write-result.ts';
import { printedJson } from '../model/printed-json.ts';

export default class Snapshot extends PodIamCommand<typeof Snapshot> {
  static override summary = 'Save the facts that doctor judges, redacted; `doctor --from FILE` replays them.';
  static override examples = [
    '<%= config.bin %> snapshot --output facts.json',
    '<%= config.bin %> doctor --from facts.json',
  ];
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: 'File to write; - is stdout.',
      default: '-',
      helpValue: 'FILE',
    }),
    active: Flags.boolean({ summary: 'Also ask from diagnostic pods.' }),
    ...targetFlags,
    ...probeFlags,
  };

  async run(): Promise<void> {
    const { flags } = this;
    const { examine } = await import('../doctor/examine.ts');
    const { redactSnapshot } = await import('../doctor/snapshot-file.ts');
    const { snapshot, by, problem } = await examine({
      ...(await targetsOf(flags, { hasCluster: true, hasAws: flags.aws })),
      files: [],
      active: flags.active,
      version: VERSION,
      signal: this.signal,
      progress: this.progress,
    });
    if (snapshot === null || problem !== null) throw problem;
    const saved = {
      schemaVersion: 1,
      kind: 'pod-iam snapshot',
      version: VERSION,
      by,
      snapshot: redactSnapshot(snapshot),
    };
    writeResult(flags.output, `${printedJson(saved)}\n`);
  }
}
