import { gunzipSync } from 'node:zlib';
import { Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { VERSION } from '../cli/version.ts';
import { writeFiles } from '../cli/write-files.ts';
import { imageContext, readBundle } from '../manifests/bundle.ts';

interface BundleFacts {
  version: string;
  hash: string;
  bytes: number;
  gzipBytes: number;
  /** Paths written. */
  files: string[];
}

export default class Bundle extends PodIamCommand<typeof Bundle> {
  static override summary = 'Write the daemon as one file, with a Dockerfile.';
  static override description = 'Without --output, prints its size and hash only.';
  static override examples = [
    '<%= config.bin %> bundle',
    '<%= config.bin %> bundle --output image && docker build -t registry.example.com/pod-iam image',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: 'Folder to write to: a build context of an image.',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<BundleFacts> {
    const bundle = readBundle();
    const bytes = gunzipSync(bundle.gzip).length;
    const gzipBytes = bundle.gzip.length;
    const { output } = this.flags;
    this.log(`pod-iam ${VERSION}, bundle ${bundle.hash}: ${kib(bytes)}, ${kib(gzipBytes)} gzipped`);
    const files = output ? writeFiles(output, imageContext(bundle)) : [];
    for (const path of files) this.log(path);
    if (output)
      this.logToStderr(
        `Next: docker build -t IMAGE ${output}; pod-iam install --delivery image --image IMAGE`,
      );
    return { version: VERSION, hash: bundle.hash, bytes, gzipBytes, files };
  }
}

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;
