// A small world of network namespaces: a node with pods on a bridge and on routed veths, and beyond the
// node's uplink the real metadata service, all with both address families. Needs root, ip, nft and curl.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { run } from './run.ts';

export const NODE_IP = '10.98.0.2';
export const NODE_IP6 = '2001:db8:98::2';
export const OUTSIDE_IP = '10.98.0.1';
export const OUTSIDE_IP6 = '2001:db8:98::1';
export const BRIDGED_IP = '10.99.0.2';
export const BRIDGED_IP6 = 'fd00:99::2';
export const ROUTED_IP = '10.99.1.2';
export const ROUTED_IP6 = 'fd00:99:1::2';

export interface PodPlace {
  /** As the CNI plugin `bridge` makes it, or as Calico does. */
  on: 'bridge' | 'route';
  ipv4?: string;
  ipv6?: string;
}

/** Why this machine cannot make network namespaces; false when it can. */
export function netnsFault(): string | false {
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync('/proc/net/if_inet6')) return 'this machine has no IPv6';
  for (const program of ['ip', 'nft', 'iptables', 'curl']) {
    try {
      execFileSync(program, [program === 'ip' ? '-V' : '--version'], { stdio: 'ignore' });
    } catch {
      return `there is no ${program} on this machine`;
    }
  }
  return false;
}

let worlds = 0;

export class World {
  private readonly prefix = `pi${process.pid}-${++worlds}`;
  private readonly children: ChildProcess[] = [];
  private readonly namespaces = new Set<string>();
  private veths = 0;

  /** The namespace of `node`, `outside` or a pod. */
  name(namespace: string): string {
    return `${this.prefix}-${namespace}`;
  }

  /** The node and what is beyond it, with the pods `bridged` and `routed` unless told otherwise. */
  async build({ pods = true } = {}): Promise<void> {
    await this.addNamespace('node');
    await this.addNamespace('outside');
    // The uplink, and the real service behind it.
    await this.ip(
      'node',
      `link add eth0 type veth peer name up0 netns ${this.name('outside')}`,
      'link set eth0 up',
      `addr add ${NODE_IP}/24 dev eth0`,
      `addr add ${NODE_IP6}/64 dev eth0 nodad`,
      'link add cni0 type bridge',
      'addr add 10.99.0.1/24 dev cni0',
      'addr add fd00:99::1/64 dev cni0 nodad',
      'link set cni0 up',
      `route add default via ${OUTSIDE_IP}`,
      'route add ::/0 via fe80::99 dev eth0',
    );
    await this.ip(
      'outside',
      'link set up0 up',
      `addr add ${OUTSIDE_IP}/24 dev up0`,
      `addr add ${OUTSIDE_IP6}/64 dev up0 nodad`,
      'addr add fe80::99/64 dev up0 nodad',
      'addr add 169.254.169.254/32 dev lo',
      'addr add fd00:ec2::254/128 dev lo nodad',
      `route add 10.99.0.0/16 via ${NODE_IP}`,
      `route add fd00:99::/32 via ${NODE_IP6}`,
    );
    await this.in('node', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    if (!pods) return;
    await this.addPod('bridged', { on: 'bridge', ipv4: BRIDGED_IP, ipv6: BRIDGED_IP6 });
    await this.addPod('routed', { on: 'route', ipv4: ROUTED_IP, ipv6: ROUTED_IP6 });
  }

  /** @returns the name of the pod's interface on the node */
  async addPod(name: string, { on, ipv4, ipv6 }: PodPlace): Promise<string> {
    await this.addNamespace(name);
    const veth = `${on === 'bridge' ? 'veth' : 'cali'}${++this.veths}`;
    await this.ip('node', `link add ${veth} type veth peer name eth0 netns ${this.name(name)}`);
    await this.ip(
      'node',
      `link set ${veth} up`,
      ...(on === 'bridge'
        ? [`link set ${veth} master cni0`]
        : [
            // No address of a network on the host's side: this is what REDIRECT stumbles over.
            `addr add fe80::1/64 dev ${veth} nodad`,
            ...(ipv4 ? [`route add ${ipv4}/32 dev ${veth}`] : []),
            ...(ipv6 ? [`route add ${ipv6}/128 dev ${veth}`] : []),
          ]),
    );
    if (on === 'route') await this.in('node', 'sysctl', '-qw', `net.ipv4.conf.${veth}.proxy_arp=1`);
    const [width4, width6, gateway4, gateway6] =
      on === 'bridge' ? [24, 64, '10.99.0.1', 'fd00:99::1'] : [32, 128, '169.254.1.1', 'fe80::1'];
    await this.ip(
      name,
      'link set eth0 up',
      ...(ipv4 ? [`addr add ${ipv4}/${width4} dev eth0`] : []),
      ...(ipv4 && on === 'route' ? [`route add ${gateway4} dev eth0`] : []),
      ...(ipv4 ? [`route add default via ${gateway4} dev eth0`] : []),
      ...(ipv6 ? [`addr add ${ipv6}/${width6} dev eth0 nodad`] : []),
      ...(ipv6 ? [`route add ::/0 via ${gateway6} dev eth0`] : []),
    );
    return veth;
  }

  /** Names of the pods that there are. */
  pods(): string[] {
    return [...this.namespaces].filter((name) => name !== 'node' && name !== 'outside');
  }

  /** Takes the pod's interfaces with it, as the kernel does when its namespace ends. */
  async removePod(name: string): Promise<void> {
    await this.ip(name, 'link del eth0');
    await run('ip', ['netns', 'delete', this.name(name)]);
    this.namespaces.delete(name);
  }

  /** Runs a program in a namespace; throws with its words unless it ends with 0. */
  async in(namespace: string, ...argv: string[]): Promise<string> {
    const ended = await run('ip', ['netns', 'exec', this.name(namespace), ...argv], { timeoutMs: 60_000 });
    if (ended.code !== 0) throw new Error(`${argv.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    return ended.stdout;
  }

  /** Commands of `ip` in a namespace, in one go. */
  async ip(namespace: string, ...commands: string[]): Promise<void> {
    const ended = await run('ip', ['-n', this.name(namespace), '-batch', '-'], {
      input: `${commands.join('\n')}\n`,
    });
    if (ended.code !== 0) throw new Error(`ip, one of ${commands.join('; ')}: ${ended.stderr}`);
  }

  /** What curl gets: the body, or its exit code: `curl 7` for a refused connection, `curl 28` for silence. */
  async curl(namespace: string, url: string, ...options: string[]): Promise<string> {
    const argv = ['netns', 'exec', this.name(namespace), 'curl', '-gs', '-m', '4', ...options, url];
    const { code, stdout } = await run('ip', argv);
    return code === 0 ? stdout : `curl ${code}`;
  }

  /** The same where silence is expected: it does not wait long for it. */
  curlBriefly(namespace: string, url: string): Promise<string> {
    return this.curl(namespace, url, '-m', '1');
  }

  /** Starts a program that goes on; it is ended with the world. */
  start(namespace: string, ...argv: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name(namespace), ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.push(child);
    return child;
  }

  /** An HTTP server that answers every request with its name and the caller's address; `/late` 1.5 s later. */
  async serve(namespace: string, name: string, hosts: string[], port: number): Promise<ChildProcess> {
    const script = `
      const [name, hosts, port] = process.argv.slice(1);
      const { createServer } = require('node:http');
      const answer = (request, response) =>
        setTimeout(() => response.end(name + ' ' + request.socket.remoteAddress), request.url === '/late' ? 1500 : 0);
      const all = hosts.split(',').map((host) => new Promise((resolve) => createServer(answer).listen(port, host, resolve)));
      Promise.all(all).then(() => console.log('listening'));`;
    const child = this.start(namespace, process.execPath, '-e', script, name, hosts.join(), String(port));
    await once(child.stdout!, 'data');
    return child;
  }

  async destroy(): Promise<void> {
    await Promise.all(this.children.map((child) => stop(child)));
    for (const namespace of this.namespaces) await run('ip', ['netns', 'delete', this.name(namespace)]);
  }

  private async addNamespace(name: string): Promise<void> {
    const ended = await run('ip', ['netns', 'add', this.name(name)]);
    if (ended.code !== 0) throw new Error(`ip netns add: ${ended.stderr}`);
    this.namespaces.add(name);
    await this.ip(name, 'link set lo up');
    // An address that is still being looked for on its link is no address to speak from.
    await this.in(name, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0');
  }
}

/** Ends a child and waits for it. @returns its exit code */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}
