// One HTTP/1.1 exchange over a plain or TLS connection, ending in the same ways as curl's.
import net, { type Socket } from 'node:net';
import { CurlError } from './error.ts';
import type { CurlUrl } from './main.ts';
import { type Header, header, type Options } from './options.ts';

export interface Answer {
  /** 0 when no whole head came. */
  status: number;
  head: string;
  body: Buffer;
  failure: CurlError | null;
}

/** Never rejects for what happens on the wire: that is in `failure`, beside what had come before it. */
export async function request(url: CurlUrl, options: Options): Promise<Answer> {
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  const socket = await open(url, options);
  return new Promise((done) => {
    let isConnected = false;
    let received = Buffer.alloc(0);
    const reader = new Reader(options.method === 'HEAD');

    const end = (failure: CurlError | null): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.destroy();
      done({ status: reader.status, head: reader.head, body: reader.body(received), failure });
    };
    const timeOut = (): void => {
      if (!isConnected) {
        end(new CurlError(28, connectTimeout(url, options, elapsed())));
        return;
      }
      const bytes = reader.body(received).length;
      const size = reader.length === null || reader.head === '' ? '' : ` out of ${reader.length}`;
      end(
        new CurlError(
          28,
          `Operation timed out after ${elapsed()} milliseconds with ${bytes}${size} bytes received`,
        ),
      );
    };
    const timers: NodeJS.Timeout[] = [];
    if (options.maxSeconds) timers.push(setTimeout(timeOut, options.maxSeconds * 1000));
    if (options.connectSeconds)
      timers.push(setTimeout(() => isConnected || timeOut(), options.connectSeconds * 1000));

    socket.on(url.isTls ? 'secureConnect' : 'connect', () => {
      isConnected = true;
      socket.write(requestText(url, options));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        if (reader.isWhole(received)) end(null);
      } catch (error) {
        end(error as CurlError);
      }
    });
    socket.on('end', () => end(reader.endFault(received)));
    socket.on('error', (error: NodeJS.ErrnoException) => end(translate(error, url, isConnected, elapsed())));
  });
}

async function open(url: CurlUrl, options: Options): Promise<Socket> {
  if (!url.isTls) return net.connect({ host: url.host, port: url.port });
  const { connect } = await import('node:tls');
  return connect({
    host: url.host,
    port: url.port,
    rejectUnauthorized: !options.insecure,
    ...(net.isIP(url.host) ? {} : { servername: url.host }),
  });
}

function requestText(url: CurlUrl, { method, headers, dropped, data, requestTarget }: Options): string {
  const given = (name: string): Header | undefined => headers.find((one) => one.name.toLowerCase() === name);
  const host = given('host') ?? header('Host', url.authority);
  const defaults = [header('User-Agent', 'curl/8.0.0'), header('Accept', '*/*')];
  if (data !== null) {
    defaults.push(header('Content-Length', String(Buffer.byteLength(data))));
    defaults.push(header('Content-Type', 'application/x-www-form-urlencoded'));
  }
  const kept = defaults.filter(
    ({ name }) => !given(name.toLowerCase()) && !dropped.includes(name.toLowerCase()),
  );
  const all = [host, ...kept, ...headers.filter((one) => one !== host)].map(({ line }) => `${line}\r\n`);
  return `${method} ${requestTarget ?? url.target} HTTP/1.1\r\n${all.join('')}\r\n${data ?? ''}`;
}

/** Finds the head, and where the body ends: by length, by chunks or by the connection's end. */
class Reader {
  status = 0;
  head = '';
  length: number | null = null;
  private isChunked = false;
  private readonly hasNoBody: boolean;
  private bodyAt = 0;

  constructor(hasNoBody: boolean) {
    this.hasNoBody = hasNoBody;
  }

  isWhole(received: Buffer): boolean {
    if (this.head === '') this.readHead(received);
    if (this.head === '') return false;
    if (this.hasNoBody || this.status === 204 || this.status === 304) return true;
    if (this.isChunked) return unchunk(received.subarray(this.bodyAt)).isWhole;
    return this.length !== null && received.length - this.bodyAt >= this.length;
  }

  body(received: Buffer): Buffer {
    if (this.head === '' || this.hasNoBody) return Buffer.alloc(0);
    const rest = received.subarray(this.bodyAt);
    return this.isChunked ? unchunk(rest).body : rest.subarray(0, this.length ?? rest.length);
  }

  endFault(received: Buffer): CurlError | null {
    if (this.head === '') return new CurlError(52, 'Empty reply from server');
    const missing = (this.length ?? 0) - this.body(received).length;
    if (this.isChunked) return new CurlError(18, 'transfer closed with outstanding read data remaining');
    return missing > 0 ? new CurlError(18, `transfer closed with ${missing} bytes remaining to read`) : null;
  }

  private readHead(received: Buffer): void {
    const start = received.subarray(0, 5).toString('latin1');
    if (!'HTTP/'.startsWith(start)) throw new CurlError(1, 'Received HTTP/0.9 when not allowed');
    const end = received.indexOf('\r\n\r\n', this.bodyAt);
    if (end === -1) return;
    const head = received.subarray(this.bodyAt, end + 4).toString('latin1');
    this.bodyAt = end + 4;
    const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})/.exec(head)?.[1] ?? 0);
    if (status >= 100 && status < 200) {
      this.readHead(received);
      return;
    }
    this.status = status;
    this.head = head;
    this.isChunked = /^transfer-encoding:.*chunked/im.test(head);
    const length = /^content-length:\s*(\d+)/im.exec(head)?.[1];
    this.length = length === undefined ? null : Number(length);
  }
}

function unchunk(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return { body: Buffer.concat(parts), isWhole: false };
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    if (size === 0) return { body: Buffer.concat(parts), isWhole: bytes.indexOf('\r\n\r\n', lineEnd) !== -1 };
    const from = lineEnd + 2;
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
    if (at > bytes.length) return { body: Buffer.concat(parts), isWhole: false };
  }
}

function translate(error: NodeJS.ErrnoException, url: CurlUrl, isConnected: boolean, ms: number): CurlError {
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new CurlError(6, `Could not resolve host: ${url.host}`);
  }
  if (isConnected) return new CurlError(56, 'Recv failure: Connection reset by peer');
  if (/CERT|SIGNATURE|ERR_TLS/.test(error.code ?? ''))
    return new CurlError(60, `SSL certificate problem: ${error.message}`);
  if (error.code === 'EPROTO' || error.code === 'ECONNRESET')
    return new CurlError(35, `TLS connect error: ${error.message}`);
  const reason = error.code === 'ETIMEDOUT' ? 'Timeout was reached' : "Couldn't connect to server";
  const code = error.code === 'ETIMEDOUT' ? 28 : 7;
  return new CurlError(code, `Failed to connect to ${url.host} port ${url.port} after ${ms} ms: ${reason}`);
}

function connectTimeout(url: CurlUrl, options: Options, ms: number): string {
  return options.connectSeconds
    ? `Failed to connect to ${url.host} port ${url.port} after ${ms} ms: Timeout was reached`
    : `Connection timed out after ${ms} milliseconds`;
}
