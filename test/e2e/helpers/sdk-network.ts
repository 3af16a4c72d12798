// The node of netns.ts with a pod for each client, and beyond its uplink a way to this machine, where the
// tests' API server, AWS and metadata service listen:
//
//   pods - node - outside ( 169.254.169.254:80, [fd00:ec2::254]:80 → IMDS ) - this machine
//
// What pods send arrives from another address than what the node sends, so that the far end can tell.
import { once } from 'node:events';
import { NODE_IP, type World } from './netns.ts';
import { run } from './run.ts';

export interface SdkNetwork {
  world: World;
  /** Address of this machine for everything beyond the node. */
  hostIp: string;
  /** Where this machine finds the daemon's admin port. */
  admin: string;
  /** From where the far end sees what pods send past the node. */
  podsSeenAs: string;
  /** Both addresses of a pod, IPv4 first. */
  podIps(pod: string): [string, string];
  /** Leads the metadata addresses beyond the uplink to this address and port of this machine. */
  serveMetadata(hostAndPort: string): Promise<void>;
}

/** @param world not yet built @param pods their names, at most 200 */
export async function buildSdkNetwork(world: World, pods: string[]): Promise<SdkNetwork> {
  const podIps = (pod: string): [string, string] => {
    const host = 10 + pods.indexOf(pod);
    return [`10.99.0.${host}`, `fd00:99::${host}`];
  };
  await world.build({ pods: false });
  for (const pod of pods) {
    const [ipv4, ipv6] = podIps(pod);
    await world.addPod(pod, { on: 'bridge', ipv4, ipv6 });
  }

  // This machine's own network gets one interface with an address of its own, and no route.
  const net = `10.199.${process.pid % 256}`;
  const [hostIp, podsSeenAs, nodeSeenAs] = [`${net}.1`, `${net}.2`, `${net}.3`];
  const link = `pi${process.pid}h`;
  await world.ip(
    'outside',
    `link add host0 type veth peer name ${link} netns ${process.pid}`,
    'link set host0 up',
    `addr add ${podsSeenAs}/29 dev host0`,
    `addr add ${nodeSeenAs}/29 dev host0`,
  );
  await must('ip', ['addr', 'add', `${hostIp}/29`, 'dev', link]);
  await must('ip', ['link', 'set', link, 'up']);
  await world.in('outside', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');

  return {
    world,
    hostIp,
    admin: `http://${nodeSeenAs}:8182`,
    podsSeenAs,
    podIps,
    async serveMetadata(hostAndPort) {
      const rules = `table ip lab {
        chain inward { type nat hook prerouting priority dstnat;
          ip daddr 169.254.169.254 tcp dport 80 dnat to ${hostAndPort}
          iifname host0 tcp dport 8182 dnat to ${NODE_IP}
        }
        chain outward { type nat hook postrouting priority srcnat;
          oifname host0 ip saddr 10.99.0.0/16 snat to ${podsSeenAs}
          oifname host0 snat to ${nodeSeenAs}
        }
      }`;
      await must('ip', ['netns', 'exec', world.name('outside'), 'nft', '-f', '-'], rules);
      const child = world.start('outside', process.execPath, '-e', relay, hostAndPort, podsSeenAs);
      await once(child.stdout!, 'data');
    },
  };
}

/** From the IPv6 metadata address to where IPv4 leads as well. */
const relay = `
  const net = require('node:net');
  const [target, localAddress] = process.argv.slice(1);
  const [host, port] = target.split(':');
  net.createServer((socket) => {
    const onward = net.connect({ host, port, localAddress });
    for (const [one, other] of [[socket, onward], [onward, socket]])
      one.pipe(other).on('error', () => one.destroy());
  }).listen(80, 'fd00:ec2::254', () => console.log('listening'));`;

async function must(program: string, words: string[], input = ''): Promise<void> {
  const ended = await run(program, words, { input, timeoutMs: 60_000 });
  if (ended.code !== 0) throw new Error(`${program} ${words.join(' ')}: ${ended.stderr}`);
}
