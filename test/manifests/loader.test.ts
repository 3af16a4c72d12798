import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readBundle } from '../../src/manifests/bundle.ts';

const loader = fileURLToPath(new URL('../../templates/image/run.cjs', import.meta.url));

function unpacked(gzip: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-test-'));
  copyFileSync(loader, join(folder, 'run.cjs'));
  writeFileSync(join(folder, 'proxy.cjs.gz'), gzip);
  return join(folder, 'run.cjs');
}

describe('the loader beside the bundle', () => {
  it('runs the unpacked program with its arguments, and with what Node has', () => {
    const program = `process.stdout.write(JSON.stringify([process.argv.slice(2), typeof require('node:http').request]))`;
    const run = unpacked(gzipSync(program));
    assert.deepEqual(
      JSON.parse(execFileSync(process.execPath, [run, 'redirect', '--a=b'], { encoding: 'utf8' })),
      [['redirect', '--a=b'], 'function'],
    );
  });

  it('runs the real daemon, which refuses a wrong flag with exit code 2 before it listens', () => {
    const { status, stderr } = spawnSync(process.execPath, [unpacked(readBundle().gzip), '--no-such-flag'], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /there is no flag --no-such-flag/);
  });
});
