// Connections on which plain requests are answered at the socket. The first request on one that is anything
// else, or that has to be waited for, takes the connection to Node's server for good.
import type { Socket } from 'node:net';
import { steadyMs } from './clock.ts';
import type { Connections } from './connections.ts';
import type { Judge } from './judgement.ts';
import { writePlain } from './plain-answer.ts';
import { readPlain } from './plain-request.ts';
import type { Answer } from './reply.ts';

export interface PlainOptions {
  connections: Connections;
  judge: Judge;
  /** Gives a connection to Node's server, which reads on from here. */
  handOver: (socket: Socket) => void;
  /** How long a connection may be idle, and how long it may be silent before its first request. */
  keepAliveMs: number;
  silentMs: number;
  checkMs: number;
}

export interface PlainConnections {
  /** To be called with each new connection, before anything is read from it. */
  take(socket: Socket): void;
  /** The answer to the request that was handed over, where it has been judged. Gives it once. */
  begun(socket: Socket): Promise<Answer> | null;
  /** Closes those on which nothing is under way; the others close after their answer. */
  close(): void;
  readonly isClosing: boolean;
}

export function plainConnections(options: PlainOptions): PlainConnections {
  const { connections, judge, keepAliveMs, silentMs, checkMs } = options;
  const begun = new WeakMap<Socket, Promise<Answer>>();
  const check = setInterval(() => connections.closeIdle({ idleMs: keepAliveMs, silentMs }), checkMs).unref();
  let isClosing = false;

  function handOver(socket: Socket, chunk: Buffer): void {
    socket.off('data', onData).off('end', onEnd).off('error', onError);
    options.handOver(socket);
    connections.handedOver(socket);
    socket.emit('data', chunk);
  }

  function onData(this: Socket, chunk: Buffer): void {
    const request = readPlain(chunk);
    if (!request) {
      handOver(this, chunk);
      return;
    }
    const arrivedAtMs = steadyMs();
    const address = connections.beginPlain(this, arrivedAtMs);
    if (address === null) return;
    const { method, requestLine, header, keepsAlive } = request;
    const answer = judge({ method, requestLine, address, arrivedAtMs, header });
    if (answer instanceof Promise) {
      begun.set(this, answer);
      handOver(this, chunk);
    } else writePlain(this, answer, keepsAlive && !isClosing ? keepAliveMs : null);
  }

  return {
    take(socket) {
      connections.admit(socket);
      socket.on('error', onError).on('end', onEnd).on('data', onData);
    },
    begun(socket) {
      const answer = begun.get(socket) ?? null;
      begun.delete(socket);
      return answer;
    },
    close() {
      isClosing = true;
      clearInterval(check);
      connections.closeIdle({ idleMs: 0, silentMs: 0 });
    },
    get isClosing() {
      return isClosing;
    },
  };
}

// No more requests come; whatever was asked is answered.
function onEnd(this: Socket): void {
  this.destroySoon();
}

/** A reset by the other side; the socket closes itself. */
function onError(): void {}
