// Keeps one pod from taking the daemon away from its neighbours, however many connections it opens and
// however fast it asks: an address has so much room and no more, and its requests take turns with others'.
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { steadyMs } from './clock.ts';
import { SERVER } from './reply.ts';
import { canonicalAddress } from './who/address.ts';

export interface ConnectionLimits {
  /** Of one address. More than a pod needs whose every process asks at once. */
  perAddress: number;
  inAll: number;
  /** Requests of one address in a row, after which it rests. Slower ones are not in a row. */
  perTurn: number;
  /** Requests sent on one connection before the one before was answered. No SDK sends any. */
  ahead: number;
}

/** Why a connection was closed: to make room, for want of any, or for what came over it. */
export type Closed = 'idle' | 'crowded' | 'sent-ahead';

interface Caller {
  address: string;
  /** The oldest first. */
  open: Set<Connection>;
  /** Requests in this turn. */
  asked: number;
  turnAtMs: number;
  isResting: boolean;
}

interface Connection {
  socket: Socket;
  caller: Caller;
  /** To the last request; null while only plain ones have come, each answered before the next. */
  response: ServerResponse | null;
  ahead: number;
  /** When it was opened or asked last; null once Node's server keeps its time. */
  quietSinceMs: number | null;
  hasAsked: boolean;
}

/** On the socket itself: the garbage collector would pay for each entry of a map. */
const OWN = Symbol('connection');

type Known = Socket & { [OWN]?: Connection | undefined };

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #onClosed: (address: string, closed: Closed) => void;
  readonly #callers = new Map<string, Caller>();
  /** One for all sockets: made for each, it would cost as much as the rest of a cached answer. */
  readonly #forgotten: (this: Known) => void;
  #count = 0;

  constructor(limits: ConnectionLimits, onClosed: (address: string, closed: Closed) => void) {
    this.#limits = limits;
    this.#onClosed = onClosed;
    const forget = (connection: Connection) => this.#forget(connection);
    this.#forgotten = function () {
      if (this[OWN]) forget(this[OWN]);
    };
  }

  get count(): number {
    return this.#count;
  }

  /** To be called with each new connection, before anything is read from it. */
  admit(socket: Socket): void {
    const address = canonicalAddress(socket.remoteAddress ?? '');
    const caller = this.#callers.get(address) ?? newCaller(address);
    this.#callers.set(address, caller);
    const connection: Connection = {
      socket,
      caller,
      response: null,
      ahead: 0,
      quietSinceMs: steadyMs(),
      hasAsked: false,
    };
    caller.open.add(connection);
    (socket as Known)[OWN] = connection;
    this.#count++;
    socket.on('close', this.#forgotten);
    if (caller.isResting) halt(socket);
    if (caller.open.size > this.#limits.perAddress) this.#makeRoom(caller, connection);
    else if (this.#count > this.#limits.inAll) this.#makeRoom(this.#largest(), connection);
  }

  /** A request has come to Node's server; false when its connection is closed and it must not be answered. */
  begin(socket: Socket, response: ServerResponse): boolean {
    const connection = (socket as Known)[OWN];
    if (!connection || !this.#mayAsk(connection)) return false;
    connection.response = response;
    return true;
  }

  /** A plain request has come. @returns its address, null when it must not be answered */
  beginPlain(socket: Socket, atMs: number): string | null {
    const connection = (socket as Known)[OWN];
    if (!connection || !this.#mayAsk(connection)) return null;
    connection.quietSinceMs = atMs;
    connection.hasAsked = true;
    return connection.caller.address;
  }

  /** Node's server reads from it from now on. */
  handedOver(socket: Socket): void {
    const connection = (socket as Known)[OWN];
    if (!connection) return;
    connection.quietSinceMs = null;
    // It has begun to read.
    if (connection.caller.isResting) halt(socket);
  }

  /** The response to a request that was begun before it was handed over. */
  answers(socket: Socket, response: ServerResponse): void {
    const connection = (socket as Known)[OWN];
    if (connection) connection.response = response;
  }

  /** Closes what has not asked for so long, as Node's server does with the connections that it reads. */
  closeIdle({ idleMs, silentMs }: { idleMs: number; silentMs: number }): void {
    const nowMs = steadyMs();
    for (const { open } of this.#callers.values())
      for (const { socket, quietSinceMs, hasAsked } of open)
        if (quietSinceMs !== null && nowMs - quietSinceMs >= (hasAsked ? idleMs : silentMs)) socket.destroy();
  }

  #mayAsk(connection: Connection): boolean {
    const { caller, socket } = connection;
    if (++caller.asked >= this.#limits.perTurn) endTurn(caller);
    if (socket.destroyed) return false;
    connection.ahead = isIdle(connection) ? 0 : connection.ahead + 1;
    if (connection.ahead <= this.#limits.ahead) return true;
    this.#close(connection, 'sent-ahead');
    rest(caller, MAX_REST_MS);
    return false;
  }

  /** HTTP lets an idle connection be closed at any time; one with a request under way stays. */
  #makeRoom({ open }: Caller, newcomer: Connection): void {
    const all = [...open];
    const idle = all.find((one) => one !== newcomer && isIdle(one));
    if (idle) {
      this.#close(idle, 'idle');
      return;
    }
    const newest = all.at(-1)!;
    if (isIdle(newest)) newest.socket.end(TOO_MANY);
    this.#close(newest, 'crowded');
  }

  #largest(): Caller {
    return [...this.#callers.values()].reduce((most, one) => (one.open.size > most.open.size ? one : most));
  }

  #close(connection: Connection, how: Closed): void {
    this.#forget(connection);
    if (how === 'sent-ahead') connection.socket.destroy();
    else connection.socket.destroySoon();
    this.#onClosed(connection.caller.address, how);
  }

  #forget(connection: Connection): void {
    const { caller } = connection;
    if (!caller.open.delete(connection)) return;
    (connection.socket as Known)[OWN] = undefined;
    this.#count--;
    if (caller.open.size === 0) this.#callers.delete(caller.address);
  }
}

const newCaller = (address: string): Caller => ({
  address,
  open: new Set(),
  asked: 0,
  turnAtMs: steadyMs(),
  isResting: false,
});

const TOO_MANY = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: application/json',
  `Server: ${SERVER}`,
  'Connection: close',
  'Retry-After: 1',
  '',
  '{"Code":"TooManyConnections","Message":"this address holds more connections than it may"}\n',
].join('\r\n');

/** A turn that takes longer is no flood. */
const TURN_MS = 250;
const MIN_REST_MS = 10;
const MAX_REST_MS = 100;

/** After a turn the address rests for as long as that took, so that others have half the daemon's time. */
function endTurn(caller: Caller): void {
  const { turnAtMs } = caller;
  startTurn(caller);
  const tookMs = caller.turnAtMs - turnAtMs;
  if (tookMs <= TURN_MS) rest(caller, Math.min(Math.max(tookMs, MIN_REST_MS), MAX_REST_MS));
}

function startTurn(caller: Caller): void {
  caller.asked = 0;
  caller.turnAtMs = steadyMs();
}

/**
 * Nothing is read from the address for a while. Node accepts one connection each time round its event
 * loop, so that a neighbour's would otherwise wait for thousands of requests.
 */
function rest(caller: Caller, forMs: number): void {
  if (caller.isResting) return;
  caller.isResting = true;
  for (const { socket } of caller.open) halt(socket);
  setTimeout(() => {
    caller.isResting = false;
    startTurn(caller);
    for (const { socket } of caller.open) {
      socket.off('resume', halted);
      socket.resume();
    }
  }, forMs);
}

// Node's parser starts reading again after each request.
function halt(socket: Socket): void {
  socket.on('resume', halted);
  socket.pause();
}

function halted(this: Socket): void {
  this.pause();
}

const isIdle = ({ response, socket }: Connection): boolean =>
  response === null ? socket.writableLength === 0 : response.writableFinished;

/**
 * Room for eight addresses that take all they may, or what the limit of open files leaves. A turn is long
 * enough for one request on every connection of an address, as when all its processes start at once.
 */
export function connectionLimits(openFiles: number | null = maxOpenFiles()): ConnectionLimits {
  const inAll = Math.min(8_192, Math.floor((openFiles ?? Number.POSITIVE_INFINITY) / 2));
  return { perAddress: Math.floor(inAll / 8), inAll, perTurn: 1_024, ahead: 8 };
}

/** Null where that cannot be told. https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
function maxOpenFiles(): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
