// Runs a test suite with node:test: `node scripts/test.ts` all but the real-cluster suite,
// `node scripts/test.ts e2e` that one, `node scripts/test.ts FOLDER…` a part.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const wanted = process.argv.slice(2);
const all = globSync('test/**/*.test.ts').sort();
const isEndToEnd = (file: string): boolean => file.startsWith('test/e2e/');
const files = all.filter((file) =>
  wanted.length === 0
    ? !isEndToEnd(file)
    : wanted.some((part) => file.startsWith(`test/${part.replace(/^test\//, '')}`)),
);
if (files.length === 0) {
  process.stderr.write(`no test file matches ${wanted.join(' ')}\n`);
  process.exit(1);
}
const { status } = spawnSync(
  process.execPath,
  ['--test', `--test-concurrency=${files.some(isEndToEnd) ? 1 : 2}`, '--test-reporter=spec', ...files],
  {
    stdio: 'inherit',
    env: { ...process.env, NODE_NO_WARNINGS: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
);
process.exit(status ?? 1);
