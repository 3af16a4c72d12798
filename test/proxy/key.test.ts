// The key of the session tokens: found when it comes, made where nobody else makes it.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createLog } from '../../src/proxy/log.ts';
import { loadTokenKey } from '../../src/proxy/tokens/key.ts';
import { SessionTokens } from '../../src/proxy/tokens/session-tokens.ts';
import { until } from './world.ts';

describe('the key of the session tokens', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const load = (tokens: SessionTokens): Promise<void> =>
    loadTokenKey(folder, tokens, createLog('silent'), new AbortController().signal);

  test('is taken when it comes a moment later, and tokens given meanwhile stay good', async () => {
    const tokens = new SessionTokens();
    const early = tokens.issue('10.0.0.1', 60);
    await load(tokens);
    writeFileSync(join(folder, 'token.key'), Buffer.alloc(32, 1));
    const other = new SessionTokens();
    await load(other);
    await until('taken', () => other.accepts(tokens.issue('10.0.0.1', 60), '10.0.0.1'));
    assert.equal(tokens.accepts(early, '10.0.0.1'), true);
    assert.equal(other.accepts(early, '10.0.0.1'), false);
  });

  test('is made, readable by its owner alone, where nobody has made one', async () => {
    await load(new SessionTokens());
    const path = join(folder, 'token.key');
    // There for a moment before it is written.
    await until('made', () => existsSync(path) && readFileSync(path).length === 32, 4_000);
    assert.equal(statSync(join(folder, 'token.key')).mode & 0o777, 0o400);
  });
});

describe('a session token', () => {
  test('changed in any place is refused', () => {
    const tokens = new SessionTokens();
    const token = tokens.issue('10.0.0.1', 60);
    assert.equal(tokens.accepts(token, '10.0.0.1'), true);
    for (let i = 0; i < token.length - 1; i++) {
      const changed = token.slice(0, i) + (token[i] === 'x' ? 'y' : 'x') + token.slice(i + 1);
      assert.equal(tokens.accepts(changed, '10.0.0.1'), false, `place ${i}`);
    }
    for (const nonsense of ['', '.', 'a.b', `${token}x`, ` ${token}`])
      assert.equal(tokens.accepts(nonsense, '10.0.0.1'), false);
  });
});
