// Outlives the sandbox by a moment: when the sandbox's end of its standard input closes, however it
// ended, it kills the process groups that are still there and removes the sandbox's folder.
// Lines: `+PID` a group was started, `-PID` it has ended.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const folder = process.argv[2]!;
const groups = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const pid = Number(line.slice(1));
    if (line.startsWith('+')) groups.add(pid);
    else groups.delete(pid);
  })
  .on('close', () => {
    for (const pid of groups) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
