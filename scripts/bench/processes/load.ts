// The load generator: a process of its own that sends requests from pods' addresses and times them.
import { nowMs, serve } from '../remote.ts';
import { connect, type Received, requestText } from './connection.ts';

/** A pod that asks for its document. */
export interface Asker {
  address: string;
  path: string;
  token: string;
}

export interface Timed {
  status: number;
  sentAtMs: number;
  ms: number;
}

export const load = {
  /** A session token for each address. */
  tokens(port: number, addresses: string[]): Promise<string[]> {
    const request = requestText('PUT', '/latest/api/token', {
      'x-aws-ec2-metadata-token-ttl-seconds': '21600',
      'content-length': '0',
    });
    return Promise.all(addresses.map(async (address) => bodyOf((await once(port, address, request)).text)));
  },

  /** One answer as it came. */
  async ask(port: number, asker: Asker): Promise<Received> {
    return once(port, asker.address, documentRequest(asker, true));
  },

  /** As many requests as the server answers, each connection one at a time. @returns their number */
  async closedLoop(
    port: number,
    askers: Asker[],
    { connections, seconds, keepsAlive }: { connections: number; seconds: number; keepsAlive: boolean },
  ): Promise<{ count: number; seconds: number }> {
    const startedMs = nowMs();
    const endMs = startedMs + seconds * 1000;
    let count = 0;
    const run = async (asker: Asker): Promise<void> => {
      const request = documentRequest(asker, keepsAlive);
      let connection = connect(port, asker.address);
      while (nowMs() < endMs) {
        mustBeFine(await connection.send(request));
        count++;
        if (keepsAlive) continue;
        connection.close();
        connection = connect(port, asker.address);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: connections }, (_, i) => run(askers[i % askers.length]!)));
    return { count, seconds: (nowMs() - startedMs) / 1000 };
  },

  /** Requests at fixed moments, whatever the server does; the time of each counts from its moment. */
  async openLoop(
    port: number,
    askers: Asker[],
    { perSecond, seconds, keepsAlive }: { perSecond: number; seconds: number; keepsAlive: boolean },
  ): Promise<number[]> {
    const idle = askers.map(() => [] as ReturnType<typeof connect>[]);
    const times: Promise<number>[] = [];
    const startMs = nowMs() + 20;
    const send = async (i: number, dueMs: number): Promise<number> => {
      const asker = askers[i % askers.length]!;
      const pool = idle[i % askers.length]!;
      const connection = pool.pop() ?? connect(port, asker.address);
      mustBeFine(await connection.send(documentRequest(asker, keepsAlive)));
      const ms = nowMs() - dueMs;
      if (keepsAlive) pool.push(connection);
      else connection.close();
      return ms;
    };
    for (let i = 0; i < perSecond * seconds; i++) {
      const dueMs = startMs + (i * 1000) / perSecond;
      while (nowMs() < dueMs)
        await new Promise((done) => setTimeout(done, Math.max(0, dueMs - nowMs() - 0.5)));
      times.push(send(i, dueMs));
    }
    const all = await Promise.all(times);
    for (const connection of idle.flat()) connection.close();
    return all;
  },

  /** All at once, each on a connection of its own; what is refused is counted as any other status. */
  burst(port: number, askers: Asker[]): Promise<Timed[]> {
    return Promise.all(
      askers.map(async (asker) => {
        const sentAtMs = nowMs();
        const { status } = await once(port, asker.address, documentRequest(asker, false)).catch(() => ({
          status: 0,
        }));
        return { status, sentAtMs, ms: nowMs() - sentAtMs };
      }),
    );
  },
};

export type Load = typeof load;

async function once(port: number, from: string, request: string): Promise<Received> {
  const connection = connect(port, from);
  try {
    return await connection.send(request);
  } finally {
    connection.close();
  }
}

const documentRequest = ({ path, token }: Asker, keepsAlive: boolean): string =>
  requestText('GET', path, { 'x-aws-ec2-metadata-token': token }, keepsAlive);

const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);

function mustBeFine({ status, text }: Received): void {
  if (status !== 200) throw new Error(`an answer of ${status}: ${bodyOf(text)}`);
}

serve(load);
