import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '../helpers/run-cli.ts';

const bin = join(import.meta.dirname, '../../bin');
const older = [
  '--import',
  "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'VERSION'})",
];

for (const version of ['22.18.0', '20.20.2', '9.11.2']) {
  for (const program of ['run.js', 'kubectl-pod_iam']) {
    test(`Node ${version} is turned away by ${program} in one friendly line`, async () => {
      const nodeArgs = older.map((word) => word.replace('VERSION', version));
      const { code, stdout, stderr } = await runCli(join(bin, program), ['doctor', '-n', 'apps'], {
        nodeArgs,
      });
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(
        stderr,
        /^pod-iam needs Node 22\.19 or newer, and this is v[\d.]+\. Next: npx -p node@24 -p pod-iam pod-iam doctor -n apps\n$/,
      );
    });
  }
}

test('a checkout that was not built says what to run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-bin-'));
  after(() => rmSync(folder, { recursive: true }));
  cpSync(bin, join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  assert.deepEqual(await runCli(join(folder, 'bin/run.js'), ['--help']), {
    code: 2,
    stdout: '',
    stderr: 'pod-iam is not built yet, so there is nothing to run. Next: npm run build\n',
  });
});
