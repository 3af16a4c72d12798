// The way into the node's own file system, of which the container sees /usr alone.
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../log.ts';
import { noPacketFilter } from './choose.ts';
import { nodeTools } from './tools.ts';

/**
 * Makes a root of the folder that the node's /usr is mounted in, and finds a program that enters it.
 * @returns the words to put before a program of the node
 * @throws Problem NO_PACKET_FILTER when neither nft nor iptables can be started there
 */
export async function enterHostRoot(
  hostRoot: string,
  env: Readonly<Record<string, string | undefined>>,
  node: string,
): Promise<string[]> {
  // The loader is asked for as /lib64/ld-linux…; iptables keeps its lock in /run.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await symlink(`usr/${name}`, join(hostRoot, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await mkdir(join(hostRoot, 'run'), { recursive: true });

  const faults: string[] = [];
  for (const entrance of entrancesTo(hostRoot)) {
    for (const program of ['nft', 'iptables', 'iptables-nft', 'iptables-legacy']) {
      try {
        await nodeTools({ entrance, env }).run([program, '--version']);
        return entrance;
      } catch (error) {
        faults.push(`by ${entrance[0]}: ${messageOf(error)}`);
      }
    }
  }
  throw noPacketFilter(node, faults);
}

/** nsenter needs CAP_SYS_CHROOT alone; unshare makes a call besides that strict seccomp profiles refuse. */
const entrancesTo = (hostRoot: string): string[][] => [
  ['nsenter', `--root=${hostRoot}`, `--wd=${hostRoot}`, '--'],
  ['unshare', `--root=${hostRoot}`, '--'],
];
