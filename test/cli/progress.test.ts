import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../src/cli/progress.ts';
import { HOSTILE, obeyed } from '../helpers/obeyed.ts';

function recorder(isTTY: boolean, columns = 80) {
  const stream = { isTTY, columns, text: '', write: (text: string) => (stream.text += text) };
  return stream;
}

test('a log gets a line for each step and nothing that moves the cursor', () => {
  const stream = recorder(false);
  const progress = createProgress({ stream });
  progress.step('reading pods');
  progress.detail('3 of 12');
  progress.step('reading roles');
  progress.end();
  assert.equal(stream.text, 'reading pods\nreading roles\n');
});

test('a log gets a sign of life with the latest detail while a step takes long', async () => {
  const stream = recorder(false);
  const progress = createProgress({ stream, heartbeatMs: 20, now: () => 30_000 });
  progress.step('waiting for probe pods');
  progress.detail('3 of 12');
  while (!stream.text.includes('still')) await sleep(5);
  progress.end();
  const said = stream.text;
  assert.match(said, /^waiting for probe pods\n {2}still waiting for probe pods: 3 of 12 \(0 ms\)\n/);
  await sleep(60);
  assert.equal(stream.text, said);
});

test('a terminal sees one line that is painted over, and each finished step once', async () => {
  const stream = recorder(true);
  let now = 0;
  const progress = createProgress({ stream, now: () => now });
  progress.step('reading pods');
  progress.detail('1 of 2');
  while (!stream.text.includes('1 of 2')) await sleep(5);
  now = 1500;
  progress.end();
  progress.end();
  const painted = stream.text.split('\r\x1b[2K');
  assert.equal(painted[1], '⠋ reading pods (0 ms)');
  assert.match(painted[2]!, /^⠙ reading pods: 1 of 2 \(\d+ ms\)$/);
  assert.equal(painted.at(-1), '  reading pods (1.5 s)\n');
});

test('a line never wraps on a narrow terminal', () => {
  const stream = recorder(true, 20);
  const progress = createProgress({ stream });
  progress.step('reading a great many pods in all namespaces');
  assert.equal(stream.text.replace('\r\x1b[2K', '').length, 19);
  progress.end();
});

test('quiet says nothing', () => {
  const stream = recorder(false);
  const progress = createProgress({ stream, quiet: true });
  progress.step('reading pods');
  progress.end();
  assert.equal(stream.text, '');
});

test('a live line holds what others wrote and obeys none of it', () => {
  const stream = recorder(true, 2000);
  const progress = createProgress({ stream });
  progress.step(HOSTILE.join(''));
  progress.detail(HOSTILE.join(''));
  progress.end();
  assert.equal(obeyed(stream.text.replaceAll('\r\x1b[2K', '')), null);
  assert.match(stream.text, /\\x1b\[2J/);
});
