import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAlive, startNodes } from './helpers.ts';

// Two dollars stand for one in a container's command.
const SCRIPT = 'trap "" TERM INT HUP; sleep 1000 & echo $$$$ $!; wait; sleep 1000';
const CHILD = `
  import { startNodes } from ${JSON.stringify(fileURLToPath(new URL('./helpers.ts', import.meta.url)))};
  const world = await startNodes();
  const pod = world.start('stubborn', { containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', ${JSON.stringify(SCRIPT)}] }] });
  await world.until(pod, () => world.log(pod) !== '');
  console.log(JSON.stringify({ folder: world.folder, pids: world.log(pod).trim().split(' ').map(Number) }));
  setInterval(() => {}, 1000);
`;

it('a sandbox that is closed leaves no process and no folder', async (t) => {
  const world = await startNodes();
  t.after(() => world.close());
  const pod = world.start('stubborn', {
    containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', SCRIPT] }],
  });
  await world.until(pod, () => world.log(pod) !== '');
  const pids = world.log(pod).trim().split(' ').map(Number);
  assert.deepEqual(pids.map(isAlive), [true, true]);
  await world.close();
  assert.deepEqual(pids.map(isAlive), [false, false]);
  assert.equal(existsSync(world.folder), false);
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  it(`nor does one that is ended by ${signal}`, async (t) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const { folder, pids } = await firstLine(child);
    assert.deepEqual(pids.map(isAlive), [true, true]);
    assert.equal(existsSync(folder), true);
    child.kill(signal);
    for (let i = 0; i < 1_200 && (existsSync(folder) || pids.some(isAlive)); i++) await sleep(25);
    assert.deepEqual(pids.map(isAlive), [false, false]);
    assert.equal(existsSync(folder), false);
  });
}

async function firstLine(child: ChildProcess): Promise<{ folder: string; pids: number[] }> {
  let text = '';
  for await (const chunk of child.stdout!) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return JSON.parse(text) as { folder: string; pids: number[] };
}
