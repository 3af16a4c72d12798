// Requests to an API server as they are on the wire, with nothing of a client library in between; the
// kubeconfig alone says which server, so that the emulated one and a real one are asked the same way.
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';

export interface Answer {
  code: number;
  headers: IncomingMessage['headers'];
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server answers
  body: any;
}

export interface WatchEvent {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server answers
  object: any;
}

export interface OpenWatch {
  code: number;
  events: WatchEvent[];
  /** Resolves with the first event that matches, past or to come; throws after the time. */
  next(matches: (event: WatchEvent) => boolean, withinMs?: number): Promise<WatchEvent>;
  /** Resolves when the server ends the watch. */
  ended: Promise<void>;
  close(): void;
}

export interface CallOptions {
  /** Of the body; JSON by default. */
  type?: string;
  /** Instead of the kubeconfig's user; null for nobody. */
  token?: string | null;
  headers?: Record<string, string>;
}

export interface Wire {
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  watch(path: string): Promise<OpenWatch>;
}

export async function connectWire(kubeconfig?: string): Promise<Wire> {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromString(kubeconfig);
  const server = config.getCurrentCluster()!.server;
  const admin: RequestOptions = {};
  await config.applyToHTTPSOptions(admin);

  const open = (
    method: string,
    path: string,
    options: CallOptions,
    body?: string,
  ): Promise<IncomingMessage> => {
    const { headers = {}, ...tls } = admin;
    const identity = options.token === undefined ? { ...tls, headers } : { ca: admin.ca, headers: {} };
    const request = httpsRequest(`${server}${path}`, {
      ...identity,
      method,
      headers: {
        ...identity.headers,
        ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        ...(body === undefined
          ? {}
          : {
              'content-type': options.type ?? 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
        accept: 'application/json',
        'user-agent': 'fidelity/1 (test)',
        ...options.headers,
      },
    });
    return new Promise((resolve, reject) => {
      request.on('response', resolve).on('error', reject).end(body);
    });
  };

  return {
    call: async (method, path, body, options = {}) => {
      const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await open(method, path, options, sent);
      let text = '';
      for await (const chunk of response) text += chunk;
      return { code: response.statusCode!, headers: response.headers, text, body: parsed(text) };
    },
    watch: async (path) => watchEvents(await open('GET', path, {})),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function watchEvents(response: IncomingMessage): OpenWatch {
  const events: WatchEvent[] = [];
  const waiting = new Set<() => void>();
  const lines = createInterface({ input: response });
  lines.on('line', (line) => {
    events.push(JSON.parse(line) as WatchEvent);
    for (const look of waiting) look();
  });
  // A server that goes away resets the connection, which here is just an end.
  response.on('error', () => {});
  lines.on('error', () => {});
  return {
    code: response.statusCode!,
    events,
    ended: new Promise((resolve) => {
      lines.on('close', resolve);
      response.on('close', resolve);
    }),
    close: () => void response.destroy(),
    next: (matches, withinMs = 60_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find(matches);
          if (!found) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no such event among ${JSON.stringify(events.map(({ type }) => type))}`));
        }, withinMs);
        waiting.add(look);
        look();
      }),
  };
}
