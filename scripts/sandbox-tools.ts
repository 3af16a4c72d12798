// The programs that the sandbox's emulated pods run, each as one small CommonJS file: their start is
// paid for by every single call of curl in a diagnostic pod.
import type { BuildOptions } from 'esbuild';

const folder = 'src/sandbox/node/tools';

/** Without `outdir`; they belong into dist/sandbox. */
export const sandboxTools: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  entryPoints: {
    curl: `${folder}/curl/main.ts`,
    inside: `${folder}/inside.ts`,
    nft: `${folder}/nft.ts`,
    reaper: `${folder}/reaper.ts`,
    unshare: `${folder}/unshare.ts`,
  },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
};
