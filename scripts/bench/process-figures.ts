// What Linux counts of a process: CPU time of all its threads, and the memory that it holds.
import { readdirSync, readFileSync } from 'node:fs';

/** User and system time so far in microseconds, to the nanosecond clock of the scheduler. */
export function cpuUs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    } catch {
      // A thread may end between the two readings.
    }
  }
  return ns / 1000;
}

/** Resident memory in MiB: now, and the most that it ever was. */
export function residentMiB(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]);
  return { now: kib('VmRSS') / 1024, peak: kib('VmHWM') / 1024 };
}
