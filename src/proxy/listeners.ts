// Where the daemon listens: its first address, which must be had, and the node's other ones as long as
// there are any. A node may get its IPv6 address after the daemon has started.
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Log, messageOf } from './log.ts';

export interface ListenersOptions {
  /** The addresses of the moment. */
  addresses: () => readonly string[];
  /** Already listened on. */
  first: { host: string; port: number };
  /** Takes over what was accepted elsewhere. */
  accept: (socket: Socket) => void;
  log: Log;
  everyMs?: number;
}

const defaultEveryMs = 5000;

/** Connections that the kernel keeps until they are accepted; a pod that opens hundreds must not fill it. */
export const BACKLOG = 4_096;

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #servers = new Map<string, Server>();
  readonly #faults = new Map<string, string>();
  readonly #stopping = new AbortController();

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Resolves after the first look at the addresses; further looks follow until the end. */
  async start(): Promise<void> {
    await this.#look();
    void this.#follow();
  }

  /** Why one of the addresses cannot be listened on; null when all are. */
  get fault(): string | null {
    return [...this.#faults.values()][0] ?? null;
  }

  /** Resolves when the last connection that was accepted here is closed. */
  async close(): Promise<void> {
    this.#stopping.abort();
    const servers = [...this.#servers.values()];
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #follow(): Promise<void> {
    const { everyMs = defaultEveryMs } = this.#options;
    const { signal } = this.#stopping;
    // A timer that keeps nothing alive.
    while (await delay(everyMs, true, { signal, ref: false }).catch(() => false)) await this.#look();
  }

  async #look(): Promise<void> {
    const { addresses, first, log } = this.#options;
    const wanted = addresses().filter((address) => address !== first.host);
    for (const address of this.#faults.keys()) if (!wanted.includes(address)) this.#faults.delete(address);
    for (const address of wanted) {
      if (this.#servers.has(address) || this.#stopping.signal.aborted) continue;
      try {
        this.#servers.set(address, await this.#listen(address));
        this.#faults.delete(address);
        log.info({ host: address, port: first.port }, 'listening as well');
      } catch (error) {
        const fault = `cannot listen on ${address} port ${first.port}: ${messageOf(error)}`;
        if (this.#faults.get(address) !== fault) log.error({ why: fault }, 'not listening');
        this.#faults.set(address, fault);
      }
    }
  }

  #listen(host: string): Promise<Server> {
    const { first, accept } = this.#options;
    // As node:http opens its own.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    return new Promise((resolve, reject) => {
      server.on('error', reject);
      server.listen({ host, port: first.port, ipv6Only: true, backlog: BACKLOG }, () => resolve(server));
    });
  }
}
