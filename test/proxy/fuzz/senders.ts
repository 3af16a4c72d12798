// Ways to send bytes that try a server's patience: all at once, in bits, one request behind the other, and
// connections on which next to nothing comes.
import net from 'node:net';
import { pick, type Random } from './requests.ts';

/** Resolves to all that comes back until the end, or until a while after the last byte was sent. */
export function deliver(
  random: Random,
  port: number,
  from: string,
  bytes: string,
  patienceMs: number,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: from });
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    const bits = inBits(random, bytes);
    const next = (): void => {
      if (socket.destroyed) return;
      const bit = bits.shift();
      if (bit === undefined) {
        setTimeout(() => socket.destroy(), patienceMs);
        return;
      }
      socket.write(Buffer.from(bit, 'latin1'));
      setTimeout(next, bits.length === 0 ? 0 : random() * 4);
    };
    socket.on('connect', next);
  });
}

function inBits(random: Random, bytes: string): string[] {
  const wish = pick(random, ['whole', 'whole', 'whole', 'halves', 'bits', 'broken off']);
  const cut = Math.floor(random() * bytes.length);
  if (wish === 'whole') return [bytes];
  if (wish === 'halves') return [bytes.slice(0, cut), bytes.slice(cut)];
  if (wish === 'broken off') return [bytes.slice(0, cut)];
  const size = Math.max(1, Math.ceil(bytes.length / 8));
  return bytes.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
}

/** Connections that stay: silent ones, ones that have asked once, and ones that never end their request. */
export function loiter(port: number, from: string, count: number): { open: () => number; leave: () => void } {
  const beginnings = [
    '',
    'GET /-/pod-iam HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n',
    'GET / HTTP/1.1\r\nX-Slow: ',
  ];
  let open = 0;
  const sockets = Array.from({ length: count }, (_, nth) => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: from }, () => {
      open++;
      const beginning = beginnings[nth % beginnings.length]!;
      if (beginning !== '') socket.write(beginning);
    });
    socket.on('error', () => {});
    socket.on('close', () => open--);
    return socket;
  });
  return {
    open: () => open,
    leave() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Connections on which one request follows the other as fast as they are answered, until told to stop. */
export function flood(
  port: number,
  from: string,
  count: number,
  request: string,
): { answers: () => number; stop: () => void } {
  let answers = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: from }, () => socket.write(request));
    socket.on('data', () => {
      answers++;
      socket.write(request);
    });
    socket.on('error', () => {});
    return socket;
  });
  return {
    answers: () => answers,
    stop() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
