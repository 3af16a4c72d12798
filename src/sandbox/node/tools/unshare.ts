// Stands in for `unshare --root=FOLDER -- PROGRAM …`, without the root rights that chroot needs: runs
// the program that lies at that path beneath the folder, and ends as it ends.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const words = process.argv.slice(2);
let root = '/';
while (words[0]?.startsWith('-')) {
  const option = words.shift()!;
  if (option === '--') break;
  if (option.startsWith('--root=')) root = option.slice('--root='.length);
  else if (option === '--root' || option === '-R') root = words.shift() ?? '/';
  else {
    process.stderr.write(`unshare: unrecognized option '${option}'\n`);
    process.exit(1);
  }
}
const [program = '/bin/sh', ...args] = words;
const found = candidates(program).find((path) => existsSync(path));
const child = spawn(found ?? join(root, program), args, { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('error', () => {
  process.stderr.write(`unshare: failed to execute ${program}: No such file or directory\n`);
  process.exitCode = 127;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
});

/** A bare name is looked for on the PATH, beneath the new root. */
function candidates(name: string): string[] {
  if (name.includes('/')) return [join(root, name)];
  return (process.env.PATH ?? '').split(':').map((folder) => join(root, folder, name));
}
