// The key of the session tokens: found when it comes, made where nobody else makes it.
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createLog } from '../../src/proxy/log.ts';
import { ensureTokenKey } from '../../src/proxy/redirect/key.ts';
import { loadTokenKey } from '../../src/proxy/tokens/key.ts';
import { ownFolder } from '../../src/proxy/tokens/key-file.ts';
import { SessionTokens } from '../../src/proxy/tokens/session-tokens.ts';
import { until } from './world.ts';

describe('the key of the session tokens', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const load = (tokens: SessionTokens, stateDir = folder): Promise<void> =>
    loadTokenKey(stateDir, tokens, createLog('silent'), new AbortController().signal);

  test('is taken when it comes a moment later, and tokens given meanwhile stay good', async () => {
    // Nothing can be made behind this link yet, not even by root.
    symlinkSync(join(folder, 'later'), join(folder, 'state'));
    const tokens = new SessionTokens();
    const early = tokens.issue('10.0.0.1', 60);
    await load(tokens, join(folder, 'state'));
    mkdirSync(join(folder, 'later'));
    writeFileSync(join(folder, 'later/token.key'), Buffer.alloc(32, 1));
    const other = new SessionTokens();
    await load(other, join(folder, 'state'));
    await until('taken', () => other.accepts(tokens.issue('10.0.0.1', 60), '10.0.0.1'));
    assert.equal(tokens.accepts(early, '10.0.0.1'), true);
    assert.equal(other.accepts(early, '10.0.0.1'), false);
  });

  test('is made with its folder, readable by its owner alone, where nobody has made one', async () => {
    const tokens = new SessionTokens();
    await load(tokens, join(folder, 'deep/er'));
    const path = join(folder, 'deep/er/token.key');
    assert.equal(readFileSync(path).length, 32);
    assert.equal(statSync(path).mode & 0o777, 0o400);
    assert.deepEqual(readdirSync(join(folder, 'deep/er')), ['token.key']);
    const restarted = new SessionTokens();
    await load(restarted, join(folder, 'deep/er'));
    assert.equal(restarted.accepts(tokens.issue('10.0.0.1', 60), '10.0.0.1'), true);
  });

  test('is not sought in a folder of temporary files that others may open, nor behind a link', async () => {
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
    const own = join(folder, `pod-iam-${userInfo().uid}`);
    const found = () => ownFolder(join(folder, 'no/state')).catch(() => null);
    try {
      assert.equal(await found(), own);
      chmodSync(own, 0o755);
      assert.equal(await found(), null);
      rmSync(own, { recursive: true });
      mkdirSync(join(folder, 'theirs'), { mode: 0o700 });
      symlinkSync(join(folder, 'theirs'), own);
      assert.equal(await found(), null);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  test('is one for all daemons that start at once in the same folder', async () => {
    const all = Array.from({ length: 8 }, () => new SessionTokens());
    await Promise.all(all.map((tokens) => load(tokens)));
    const token = all[0]!.issue('10.0.0.1', 60);
    assert.deepEqual(
      all.map((tokens) => tokens.accepts(token, '10.0.0.1')),
      all.map(() => true),
    );
  });

  test('is not made anew by who keeps the redirect in the same process', async () => {
    await load(new SessionTokens());
    const key = readFileSync(join(folder, 'token.key'));
    await ensureTokenKey(folder, process.getuid?.() === 0);
    assert.deepEqual(readFileSync(join(folder, 'token.key')), key);
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
