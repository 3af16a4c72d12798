// The shells of this machine in which the probe script has to work: an image may have any of them.
import { execFileSync } from 'node:child_process';

export const shells = [['sh'], ['dash'], ['bash', '--norc'], ['busybox', 'sh']].filter(([program]) => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
