import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ensureTokenKey } from '../../../src/proxy/redirect/key.ts';

describe("the session tokens' key", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pod-iam-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, readable by its owner alone, and nothing else is left', async () => {
    await ensureTokenKey(folder, false);
    const path = join(folder, 'token.key');
    const key = readFileSync(path);
    assert.equal(key.length, 32);
    assert.equal(statSync(path).mode & 0o777, 0o400);
    await ensureTokenKey(folder, false);
    assert.deepEqual(readFileSync(path), key);
    assert.deepEqual(readdirSync(folder), ['token.key']);
  });

  it('is made anew when it is not whole', async () => {
    const path = join(folder, 'token.key');
    writeFileSync(path, 'torn');
    writeFileSync(join(folder, 'token.key.new'), 'left behind');
    await ensureTokenKey(folder, false);
    assert.equal(readFileSync(path).length, 32);
    assert.deepEqual(readdirSync(folder), ['token.key']);
  });
});
