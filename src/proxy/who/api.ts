// The few calls that the daemon makes to the Kubernetes API, over node:https: a general client holds
// every pod whole, and may see a new one 30 s late after a quiet spell.
import http from 'node:http';
import https from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { ApiConnection } from './api-connection.ts';

/** The API's own words for a refused call. `status` is 0 when no answer came. */
export class ApiFailure extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
  }
}

export interface KubeApi {
  /** @throws ApiFailure */
  get(path: string, query: Record<string, string>): Promise<unknown>;
  /** @throws ApiFailure */
  post(path: string, body: unknown): Promise<unknown>;
  /**
   * JSON Patch (RFC 6902).
   * @throws ApiFailure
   */
  patch(path: string, steps: readonly object[]): Promise<unknown>;
  /**
   * Reads one JSON document per line until the server ends the answer; `onOpen` is called once it
   * has accepted.
   * @throws ApiFailure when it is refused or breaks off; the signal's reason when that is aborted
   */
  stream(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
    onOpen: () => void,
    onLine: (document: unknown) => void,
  ): Promise<void>;
  /** Closes the connections that nobody uses at the moment: they may be dead without either end knowing. */
  dropIdle(): void;
  close(): void;
}

/** Longest wait for a whole answer, or for the beginning of a stream. */
const ANSWER_MS = 15_000;
/** A single object over this is no pod or namespace. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

export function kubeApi(connection: ApiConnection): KubeApi {
  const isTls = connection.server.startsWith('https:');
  const agent = isTls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });

  function open(
    method: string,
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
    body?: string,
  ): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { token, ...tls } = connection.credentials();
      const search = new URLSearchParams(query).toString();
      const request = (isTls ? https : http).request(
        `${connection.server}${path}${search ? `?${search}` : ''}`,
        {
          method,
          agent,
          signal,
          headers: {
            accept: 'application/json',
            'user-agent': 'pod-iam',
            ...(token && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && {
              'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
            }),
          },
          ...(isTls && { ...tls, rejectUnauthorized: !connection.insecure }),
        },
        resolve,
      );
      request.on('socket', (socket) => socket.setKeepAlive(true, 10_000));
      request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
      request.end(body);
    }).catch((error) => {
      throw signal.aborted ? error : new ApiFailure(0, unreachable(error));
    }) as Promise<http.IncomingMessage>;
  }

  async function whole(method: string, path: string, query: Record<string, string>, body?: string) {
    const late = AbortSignal.timeout(ANSWER_MS);
    try {
      const answer = await open(method, path, query, late, body);
      const text = await textOf(answer);
      const status = answer.statusCode ?? 0;
      if (status < 200 || status > 299) throw refusal(status, text);
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw late.aborted ? noAnswer() : error;
    }
  }

  /** As `open`, but gives up when the answer does not begin in time. */
  async function begin(path: string, query: Record<string, string>, signal: AbortSignal) {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(noAnswer()), ANSWER_MS);
    try {
      return await open('GET', path, query, AbortSignal.any([signal, late.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    get: (path, query) => whole('GET', path, query),
    post: (path, body) => whole('POST', path, {}, JSON.stringify(body)),
    patch: (path, steps) => whole('PATCH', path, {}, JSON.stringify(steps)),
    async stream(path, query, signal, onOpen, onLine) {
      const answer = await begin(path, query, signal);
      if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 0, await textOf(answer));
      onOpen();
      try {
        await readLines(answer, onLine);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw error instanceof ApiFailure ? error : new ApiFailure(0, unreachable(error));
      }
    },
    dropIdle() {
      for (const sockets of Object.values(agent.freeSockets))
        for (const socket of sockets ?? []) socket.destroy();
    },
    close: () => agent.destroy(),
  };
}

async function readLines(answer: http.IncomingMessage, onLine: (document: unknown) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of answer) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop()!;
    if (rest.length > MAX_LINE_BYTES) throw new ApiFailure(0, 'the API server sent an endless line');
    for (const line of lines) if (line.trim() !== '') onLine(parseLine(line));
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ApiFailure(0, 'the API server sent something other than JSON');
  }
}

async function textOf(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

// Refusals are Status objects: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
function refusal(status: number, text: string): ApiFailure {
  let message = `the API server answered ${status}`;
  try {
    const { message: own } = JSON.parse(text) as { message?: string };
    if (own) message += `: ${own.slice(0, 300)}`;
  } catch {
    // A proxy's own page says nothing worth keeping.
  }
  return new ApiFailure(status, message);
}

const noAnswer = (): ApiFailure =>
  new ApiFailure(0, `the API server cannot be reached: no answer within ${ANSWER_MS / 1000} s`);

function unreachable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `the API server cannot be reached: ${code ?? message}`;
}
