// The addresses of the sandbox: all of 127.0.0.0/8 is this machine, so every node and pod gets one of
// its own there without any right to ask for. Two sandboxes at once take different ones.
import { createServer, type Server } from 'node:net';
import { environmentProblem } from '../../model/problem.ts';

/** Says which nodes are taken on this machine; a port that hardly any other program listens on. */
const CLAIM_PORT = 61610;
/** The second part of an address; a hundred more is the loopback of the same (namespace.ts). */
const LAST_NODE = 99;

export interface ClaimedHosts {
  /** Host addresses of nodes, such as 127.1.0.1. */
  hosts: string[];
  release(): Promise<void>;
}

/** Claims the addresses of nodes that no other sandbox on this machine uses now. */
export async function claimHosts(count: number): Promise<ClaimedHosts> {
  const claimed: { host: string; server: Server }[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(claimed.map(({ server }) => new Promise((done) => server.close(done))));
  };
  for (let number = 1; number <= LAST_NODE && claimed.length < count; number++) {
    const host = `127.${number}.0.1`;
    const server = await listen(host);
    if (server) claimed.push({ host, server });
  }
  if (claimed.length === count) return { hosts: claimed.map(({ host }) => host), release };
  await release();
  throw environmentProblem({
    code: 'NO_ADDRESS',
    what: 'there is no address left for the nodes of the sandbox',
    why: 'other sandboxes on this machine use them all',
    next: 'end another sandbox',
  });
}

/** Null when another sandbox has it. */
function listen(host: string): Promise<Server | null> {
  return new Promise((done, refuse) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(null);
      else refuse(noLoopback(error));
    });
    server.listen(CLAIM_PORT, host, () => {
      server.unref();
      done(server);
    });
  });
}

const noLoopback = (cause: NodeJS.ErrnoException): Error =>
  environmentProblem({
    code: 'NO_LOOPBACK',
    what: 'the sandbox needs the addresses 127.0.0.0/8, and this system has only 127.0.0.1',
    why: `each node and pod of the sandbox has an address of its own there (${cause.code})`,
    next: 'run it on Linux: a container, a virtual machine or WSL will do',
    cause,
  });

/** Hands out the addresses of a node's pods; one that came back is used again last. */
export class PodAddresses {
  readonly #free: string[];

  constructor(hostIp: string) {
    const network = hostIp.split('.')[1];
    this.#free = Array.from({ length: 254 }, (_, index) => `127.${network}.1.${index + 1}`);
  }

  take(): string {
    const address = this.#free.shift();
    if (address === undefined) throw new Error('the node has no address left for a pod');
    return address;
  }

  give(address: string): void {
    this.#free.push(address);
  }
}
