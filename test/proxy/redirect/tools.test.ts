import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeTools } from '../../../src/proxy/redirect/tools.ts';

const tools = nodeTools({ entrance: [], env: process.env, timeoutMs: 10_000 });

describe('the node programs', () => {
  it('run with their input, without a shell between', async () => {
    assert.equal(await tools.run(['cat'], 'a; b'), 'a; b');
    assert.equal(await tools.run(['echo', '$HOME; id']), '$HOME; id\n');
  });

  it('speak English, whatever the locale', async () => {
    assert.equal(await tools.run(['sh', '-c', 'echo $LC_ALL']), 'C\n');
  });

  it('fail with their own words', async () => {
    await assert.rejects(tools.run(['sh', '-c', 'echo "no such table" >&2; exit 3']), {
      message: 'sh -c echo "no such table" >&2; exit 3 ended with 3: no such table',
    });
    assert.equal((await tools.attempt(['sh', '-c', 'exit 3'])).code, 3);
  });

  it('may be absent', async () => {
    await assert.rejects(tools.run(['no-such-program']), {
      message: 'no-such-program cannot be started: ENOENT',
    });
  });

  it('do not hang for ever', async () => {
    const hasty = nodeTools({ entrance: [], env: process.env, timeoutMs: 50 });
    await assert.rejects(hasty.run(['sleep', '5']), { message: 'sleep 5 did not end within 50 ms' });
  });

  it('need not read their input', async () => {
    await tools.run(['true'], 'x'.repeat(1_000_000));
  });

  it('are entered through what leads to the node', async () => {
    const entered = nodeTools({ entrance: ['env', 'ROOT=/host'], env: process.env });
    assert.equal(await entered.run(['sh', '-c', 'echo $ROOT']), '/host\n');
  });

  it('are followed line by line until the signal', async () => {
    const stopping = new AbortController();
    const lines: string[] = [];
    await tools.follow(
      ['sh', '-c', 'printf "one\\ntw"; sleep 0.05; printf "o\\n"; exec sleep 5'],
      (line) => {
        lines.push(line);
        if (line === 'two') stopping.abort();
      },
      stopping.signal,
    );
    assert.deepEqual(lines, ['one', 'two']);
  });

  it('that end by themselves, or are not there, end the following', async () => {
    const { signal } = new AbortController();
    await tools.follow(['true'], () => {}, signal);
    await tools.follow(['no-such-program'], () => {}, signal);
  });
});
