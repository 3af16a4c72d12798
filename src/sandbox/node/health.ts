// One attempt of a container's probe, with its failure in the kubelet's words.
// https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
import { request as requestHttp } from 'node:http';
import net from 'node:net';
import { loopbackOf } from './namespace.ts';
import type { Container, Probe } from './pod.ts';

export interface HealthContext {
  container: Container;
  podIp: string;
  hostIp: string;
  /** Runs a command in the container; the exit code and what it printed. */
  run(command: string[], timeoutMs: number): Promise<{ exitCode: number; output: string }>;
}

export type Health = { ok: true } | { ok: false; why: string };

export async function checkHealth(probe: Probe, context: HealthContext): Promise<Health> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) {
    const { exitCode, output } = await context.run(probe.exec.command, timeoutMs);
    return exitCode === 0 ? { ok: true } : { ok: false, why: output.trim() };
  }
  if (probe.httpGet) return checkHttp(probe.httpGet, context, timeoutMs);
  if (probe.tcpSocket) return checkTcp(probe.tcpSocket, context, timeoutMs);
  return { ok: true };
}

async function checkHttp(
  { host, port, path = '/', scheme = 'HTTP', httpHeaders = [] }: NonNullable<Probe['httpGet']>,
  context: HealthContext,
  timeoutMs: number,
): Promise<Health> {
  const { name, address, number } = target(host, port, context);
  const url = `${scheme.toLowerCase()}://${name}:${number}${path}`;
  const get = scheme === 'HTTPS' ? (await import('node:https')).request : requestHttp;
  return new Promise((done) => {
    const fail = (why: string): void => done({ ok: false, why });
    const request = get({
      host: address,
      port: number,
      path,
      headers: {
        'user-agent': 'kube-probe/1.35',
        host: `${name}:${number}`,
        ...Object.fromEntries(httpHeaders.map((header) => [header.name, header.value])),
      },
      localAddress: address === loopbackOf(context.hostIp) ? address : context.hostIp,
      agent: false,
      timeout: timeoutMs,
      ...(scheme === 'HTTPS' ? { rejectUnauthorized: false } : {}),
    });
    request.on('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 400) done({ ok: true });
      else fail(`HTTP probe failed with statuscode: ${status}`);
    });
    request.on('timeout', () => {
      fail(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`);
      request.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      fail(`Get "${url}": ${dialFault(error, name, number)}`),
    );
    request.end();
  });
}

function checkTcp(
  { host, port }: NonNullable<Probe['tcpSocket']>,
  context: HealthContext,
  timeoutMs: number,
): Promise<Health> {
  const { name, address, number } = target(host, port, context);
  return new Promise((done) => {
    const socket = net.connect({ host: address, port: number, timeout: timeoutMs });
    const end = (health: Health): void => {
      socket.destroy();
      done(health);
    };
    socket.on('connect', () => end({ ok: true }));
    socket.on('timeout', () => end({ ok: false, why: `dial tcp ${name}:${number}: i/o timeout` }));
    socket.on('error', (error) => end({ ok: false, why: dialFault(error, name, number) }));
  });
}

/** The kubelet is a process of the host: its 127.0.0.1 is the host's. */
function target(
  host: string | undefined,
  port: number | string,
  { container, podIp, hostIp }: HealthContext,
): { name: string; address: string; number: number } {
  const name = host ?? podIp;
  const named = container.ports?.find((one) => one.name === port)?.containerPort;
  const isLoopback = name === '127.0.0.1' || name === 'localhost';
  return { name, address: isLoopback ? loopbackOf(hostIp) : name, number: Number(named ?? port) };
}

function dialFault(error: NodeJS.ErrnoException, name: string, port: number): string {
  if (error.code === 'ECONNREFUSED') return `dial tcp ${name}:${port}: connect: connection refused`;
  return error.code === 'ECONNRESET' ? 'EOF' : error.message;
}
