// The few calls that the daemon makes to the Kubernetes API, over node:https: a general client holds
// every pod whole, and may see a new one 30 s late after a quiet spell.
import http from 'node:http';
import https from 'node:https';
import { CallFailure, parseJson, readJsonLines, refusalOf, textOf, unreachable } from './answers.ts';
import type { ApiConnection } from './api-connection.ts';

export interface KubeApi {
  /** @throws CallFailure */
  get(path: string, query: Record<string, string>): Promise<unknown>;
  /** @throws CallFailure */
  post(path: string, body: unknown): Promise<unknown>;
  /**
   * JSON Patch (RFC 6902).
   * @throws CallFailure
   */
  patch(path: string, steps: readonly object[]): Promise<unknown>;
  /**
   * Reads one JSON document per line until the server ends the answer; `onOpen` is called once it
   * has accepted.
   * @throws CallFailure when it is refused or breaks off; the signal's reason when that is aborted
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

const SERVER = 'the API server';
/** Longest wait for a whole answer, or for the beginning of a stream. */
const ANSWER_MS = 15_000;
/** A single object over this is no pod or namespace. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024;

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
      throw signal.aborted ? error : unreachable(SERVER, error);
    }) as Promise<http.IncomingMessage>;
  }

  async function whole(method: string, path: string, query: Record<string, string>, body?: string) {
    const late = AbortSignal.timeout(ANSWER_MS);
    try {
      const answer = await open(method, path, query, late, body);
      const text = await textOf(answer);
      const status = answer.statusCode ?? 0;
      if (status < 200 || status > 299) throw refusalOf(SERVER, status, text);
      return parseJson(SERVER, text);
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
      if (answer.statusCode !== 200) throw refusalOf(SERVER, answer.statusCode ?? 0, await textOf(answer));
      onOpen();
      try {
        await readJsonLines(SERVER, answer, MAX_LINE_LENGTH, onLine);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw unreachable(SERVER, error);
      }
    },
    dropIdle() {
      for (const sockets of Object.values(agent.freeSockets))
        for (const socket of sockets ?? []) socket.destroy();
    },
    close: () => agent.destroy(),
  };
}

const noAnswer = (): CallFailure =>
  new CallFailure(0, `${SERVER} cannot be reached: no answer within ${ANSWER_MS / 1000} s`);
