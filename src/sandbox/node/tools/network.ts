// Stands in for a pod's network namespace: each connection leaves from the pod's own address and goes
// where the rules of its node send it; each listener binds the pod's own address. Nothing outside the sandbox can be reached.
import { appendFileSync } from 'node:fs';
import net, { type NetConnectOpts, type Server, type Socket } from 'node:net';
import { decideWay } from '../datapath.ts';
import { counterFile, type Namespace, readRules, rulesOfHost } from '../namespace.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);
/** Linux gives up on an unanswered SYN after about this long (tcp_syn_retries 6). */
const SYN_TIMEOUT_MS = 127_000;

export function mapNetwork(space: Namespace): void {
  const connect = net.Socket.prototype.connect as Call<Socket>;
  net.Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    return connectFrom(space, connect, this, args);
  } as Socket['connect'];
  const listen = net.Server.prototype.listen as Call<Server>;
  net.Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    return listenIn(space, listen, this, args);
  } as Server['listen'];
}

type Call<T> = (this: T, ...args: unknown[]) => T;

function connectFrom(space: Namespace, connect: Call<Socket>, socket: Socket, args: unknown[]): Socket {
  const { options, callback } = normalise(args);
  if (options === null) return connect.apply(socket, args);
  if (callback) socket.once('connect', callback);
  const host = options.host ?? 'localhost';
  const { port } = options;
  if (LOOPBACK.has(host)) {
    return connect.call(socket, { ...options, host: space.loopback, localAddress: space.loopback });
  }
  if (!net.isIP(host)) return fail(socket, 'ENOTFOUND', 'getaddrinfo', { hostname: host });
  if (options.localAddress && options.localAddress !== space.address) {
    return fail(socket, 'EADDRNOTAVAIL', 'bind', { address: options.localAddress });
  }
  const way = decideWay(
    { from: space.address, address: host, port: Number(port) },
    {
      isPod: space.isPod,
      rules: readRules(space.nodeFolder),
      imds: space.imds,
      hostAddress: space.hostAddress,
      rulesOfHost: (address) => rulesOfHost(space, address),
      count: (chain, index) => appendFileSync(counterFile(space.nodeFolder, chain, index), '.'),
    },
  );
  if (way.verdict === 'deliver') {
    return connect.call(socket, {
      ...options,
      host: way.address,
      port: way.port,
      localAddress: space.address,
    });
  }
  if (way.verdict === 'reject') return fail(socket, 'ECONNREFUSED', 'connect', { address: host, port });
  if (way.verdict === 'no-route') return fail(socket, 'ENETUNREACH', 'connect', { address: host, port });
  (socket as { connecting: boolean }).connecting = true;
  const giveUp = setTimeout(
    () => fail(socket, 'ETIMEDOUT', 'connect', { address: host, port }),
    SYN_TIMEOUT_MS,
  );
  socket.once('close', () => clearTimeout(giveUp));
  return socket;
}

function listenIn(space: Namespace, listen: Call<Server>, server: Server, args: unknown[]): Server {
  const at = (wanted: string | undefined, words: (host: string) => unknown[]): Server =>
    listenAt(space, listen, server, wanted, words);
  const [first, second] = args;
  if (typeof first === 'object' && first !== null && 'port' in first) {
    const options = first as { host?: string };
    return at(options.host, (host) => [{ ...options, host }, ...args.slice(1)]);
  }
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
  if (first !== undefined && !isPort) return listen.apply(server, args);
  const isNamed = typeof second === 'string';
  return at(isNamed ? second : undefined, (host) => [first ?? 0, host, ...args.slice(isNamed ? 2 : 1)]);
}

/** Every address means the pod's own one; its loopback stays within the pod; another's is refused. */
function listenAt(
  space: Namespace,
  listen: Call<Server>,
  server: Server,
  wanted: string | undefined,
  words: (host: string) => unknown[],
): Server {
  const isAny = wanted === undefined || ['', '0.0.0.0', '::'].includes(wanted);
  const host = isAny ? space.address : LOOPBACK.has(wanted) ? space.loopback : wanted;
  if (host === space.address || host === space.loopback) return listen.apply(server, words(host));
  const details = { code: 'EADDRNOTAVAIL', syscall: 'listen', address: host };
  setImmediate(() =>
    server.emit('error', Object.assign(new Error(`listen EADDRNOTAVAIL: ${host}`), details)),
  );
  return server;
}

function fail(socket: Socket, code: string, syscall: string, details: Record<string, unknown>): Socket {
  (socket as { connecting: boolean }).connecting = true;
  const where = Object.values(details).join(':');
  const error = Object.assign(new Error(`${syscall} ${code} ${where}`), { code, syscall, ...details });
  setImmediate(() => socket.destroy(error));
  return socket;
}

/** Node calls it with options, with port and host, or with what `net.connect` made of either. */
function normalise(args: unknown[]): {
  options: (NetConnectOpts & { host?: string; port: number; localAddress?: string }) | null;
  callback: (() => void) | null;
} {
  const list = Array.isArray(args[0]) ? args[0] : args;
  const callback = list.findLast((argument) => typeof argument === 'function') ?? null;
  const [first, second] = list;
  if (typeof first === 'object' && first !== null) {
    return { options: 'port' in first && first.port !== undefined && !first.path ? first : null, callback };
  }
  if (typeof first !== 'number' && !(typeof first === 'string' && /^\d+$/.test(first)))
    return { options: null, callback };
  return {
    options: { port: Number(first), ...(typeof second === 'string' ? { host: second } : {}) },
    callback,
  };
}
