// What `trust-policy check` costs for a whole repository. Judged on the bundle, which `npm test` has
// built before, and by processor time: a busy machine must not decide.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../helpers/run-cli.ts';

const bin = join(import.meta.dirname, '../../bin/run.js');
const report =
  "process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('cpu ' + (user + system)); });";

test('a thousand files are checked within three seconds of processor time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-many-'));
  try {
    const files = Array.from({ length: 1000 }, (_, i) => {
      const AWS = [`arn:aws:iam::210987654321:role/node-${i}`];
      const Condition = { StringEquals: { 'sts:ExternalId': `blue-${i}` } };
      const statement = { Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole', Condition };
      writeFileSync(
        join(folder, `${i}.json`),
        JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 2),
      );
      return `${i}.json`;
    });
    const { code, stdout, stderr } = await runCli(bin, ['trust-policy', 'check', ...files, '--json'], {
      cwd: folder,
      nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(report)}`],
    });
    assert.equal(code, 0, stderr);
    assert.equal(new Set(stdout.match(/"\d+\.json"/g)).size, 1000);
    const microseconds = Number(/cpu (\d+)$/.exec(stderr)?.[1]);
    assert.ok(microseconds < 3_000_000, `${microseconds} µs`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
