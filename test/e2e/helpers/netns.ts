// A small world of network namespaces: a node with one pod on a bridge and one on a routed veth, and
// beyond the node's uplink the real metadata service. Needs root, ip, nft and curl.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from './run.ts';

export const NODE_IP = '10.98.0.2';
export const BRIDGED_IP = '10.99.0.2';
export const ROUTED_IP = '10.99.1.2';
export const OUTSIDE_IP = '10.98.0.1';

/** Why this machine cannot make network namespaces; false when it can. */
export function netnsFault(): string | false {
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const program of ['ip', 'nft', 'iptables', 'curl']) {
    try {
      execFileSync(program, [program === 'ip' ? '-V' : '--version'], { stdio: 'ignore' });
    } catch {
      return `there is no ${program} on this machine`;
    }
  }
  return false;
}

export class World {
  private readonly prefix = `pi${process.pid}`;
  private readonly children: ChildProcess[] = [];

  /** `node`, `bridged`, `routed` or `outside`. */
  name(namespace: string): string {
    return `${this.prefix}-${namespace}`;
  }

  async build(): Promise<void> {
    const [node, bridged, routed, outside] = ['node', 'bridged', 'routed', 'outside'].map((one) =>
      this.name(one),
    );
    for (const name of [node, bridged, routed, outside]) {
      await ip('netns', 'add', name!);
      await ip('-n', name!, 'link', 'set', 'lo', 'up');
    }
    const pair = async (a: string, aName: string, b: string, bName: string) => {
      await ip('-n', a, 'link', 'add', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', b);
      await ip('-n', a, 'link', 'set', aName, 'up');
      await ip('-n', b, 'link', 'set', bName, 'up');
    };
    // The uplink, and the real service behind it.
    await pair(node!, 'eth0', outside!, 'up0');
    await ip('-n', node!, 'addr', 'add', `${NODE_IP}/24`, 'dev', 'eth0');
    await ip('-n', outside!, 'addr', 'add', `${OUTSIDE_IP}/24`, 'dev', 'up0');
    await ip('-n', outside!, 'addr', 'add', '169.254.169.254/32', 'dev', 'lo');
    await ip('-n', outside!, 'route', 'add', '10.99.0.0/16', 'via', NODE_IP);
    await ip('-n', node!, 'route', 'add', 'default', 'via', OUTSIDE_IP);
    await this.in('node', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    // A pod on a bridge, as the CNI `bridge` makes it.
    await ip('-n', node!, 'link', 'add', 'cni0', 'type', 'bridge');
    await ip('-n', node!, 'addr', 'add', '10.99.0.1/24', 'dev', 'cni0');
    await ip('-n', node!, 'link', 'set', 'cni0', 'up');
    await pair(node!, 'vbr', bridged!, 'eth0');
    await ip('-n', node!, 'link', 'set', 'vbr', 'master', 'cni0');
    await ip('-n', bridged!, 'addr', 'add', `${BRIDGED_IP}/24`, 'dev', 'eth0');
    await ip('-n', bridged!, 'route', 'add', 'default', 'via', '10.99.0.1');
    // A pod on a routed veth without an address on the host's side, as Calico makes it.
    await pair(node!, 'cali0', routed!, 'eth0');
    await this.in('node', 'sysctl', '-qw', 'net.ipv4.conf.cali0.proxy_arp=1');
    await ip('-n', node!, 'route', 'add', `${ROUTED_IP}/32`, 'dev', 'cali0');
    await ip('-n', routed!, 'addr', 'add', `${ROUTED_IP}/32`, 'dev', 'eth0');
    await ip('-n', routed!, 'route', 'add', '169.254.1.1', 'dev', 'eth0');
    await ip('-n', routed!, 'route', 'add', 'default', 'via', '169.254.1.1', 'dev', 'eth0');
  }

  /** Runs a program in a namespace; throws with its words unless it ends with 0. */
  async in(namespace: string, ...argv: string[]): Promise<string> {
    const ended = await run('ip', ['netns', 'exec', this.name(namespace), ...argv], { timeoutMs: 20_000 });
    if (ended.code !== 0) throw new Error(`${argv.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    return ended.stdout;
  }

  /** What curl gets: the body, or curl's exit code such as `7` for a refused connection. */
  async curl(namespace: string, url: string): Promise<string> {
    const argv = ['netns', 'exec', this.name(namespace), 'curl', '-s', '-m', '1', url];
    const { code, stdout } = await run('ip', argv);
    return code === 0 ? stdout : `curl ${code}`;
  }

  /** Starts a program that goes on; it is ended with the world. */
  start(namespace: string, ...argv: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name(namespace), ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.push(child);
    return child;
  }

  /** An HTTP server that answers every request with its name and the caller's address. */
  async serve(namespace: string, name: string, host: string, port: number): Promise<ChildProcess> {
    const script = `require('node:http').createServer((request, response) => response.end(process.argv[1] + ' ' + request.socket.remoteAddress)).listen(Number(process.argv[3]), process.argv[2], () => console.log('listening'))`;
    const child = this.start(namespace, process.execPath, '-e', script, name, host, String(port));
    await once(child.stdout!, 'data');
    return child;
  }

  async destroy(): Promise<void> {
    for (const child of this.children) await stop(child);
    for (const namespace of ['bridged', 'routed', 'outside', 'node'])
      await run('ip', ['netns', 'delete', this.name(namespace)]);
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

async function ip(...words: string[]): Promise<void> {
  const ended = await run('ip', words);
  if (ended.code !== 0) throw new Error(`ip ${words.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
}
