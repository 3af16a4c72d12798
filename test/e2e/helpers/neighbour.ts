// A pod that asks now and then on a new connection, and pods that ask all at once; run in their network
// namespaces, they print in JSON how long each answer took.
import type { World } from './netns.ts';

/** Milliseconds of each request, in order; one without the right answer took for ever. */
export async function neighbourAsks(world: World, pod: string, forMs: number): Promise<number[]> {
  return JSON.parse(await world.in(pod, process.execPath, '-e', `${ask}; ${now}`, String(forMs))) as number[];
}

/** Milliseconds of each request of clients that all start at once, each asking one time after the other. */
export async function clientsAsk(
  world: World,
  pod: string,
  host: string,
  { clients, each }: { clients: number; each: number },
): Promise<number[]> {
  const words = [host, String(clients), String(each)];
  return JSON.parse(await world.in(pod, process.execPath, '-e', `${ask}; ${atOnce}`, ...words)) as number[];
}

const ask = `
  const { connect } = require('node:net');
  const askOnce = (host) => new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host, port: 80, timeout: 3000 }, () =>
      socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'));
    const end = (isRight) => {
      socket.destroy();
      resolve(isRight ? performance.now() - startedMs : Infinity);
    };
    socket.on('data', (text) => end(String(text).startsWith('HTTP/1.1 200 ')));
    socket.on('error', () => end(false)).on('timeout', () => end(false)).on('end', () => end(false));
  });
  const print = (times) => console.log(JSON.stringify(times.map((ms) => (Number.isFinite(ms) ? ms : 1e9))))`;

const now = `(async () => {
  const times = [];
  for (const endMs = performance.now() + Number(process.argv[1]); performance.now() < endMs; ) {
    times.push(await askOnce('169.254.169.254'));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  print(times);
})()`;

const atOnce = `(async () => {
  const [host, clients, each] = process.argv.slice(1);
  const client = async () => {
    const times = [];
    for (let i = 0; i < Number(each); i++) times.push(await askOnce(host));
    return times;
  };
  print((await Promise.all(Array.from({ length: Number(clients) }, client))).flat());
})()`;
