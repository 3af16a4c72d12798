// An instance's metadata service: IMDSv2 tokens, the documents that SDKs and daemons ask for, and
// credentials of the instance's role that are real sessions of the emulated STS.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { posix } from 'node:path';
import { type Instance, listMetadata } from './imds-tree.ts';
import { close, listen } from './listen.ts';
import type { EmulatedAws } from './server.ts';

export interface ImdsRequest {
  atMs: number;
  method: string;
  /** As it was sent. */
  path: string;
  /** Address of the peer. */
  from: string;
  hasToken: boolean;
  status: number;
}

export interface EmulatedImdsOptions {
  host?: string;
  port?: number;
  aws: EmulatedAws;
  instance: Instance;
  /** `required` refuses IMDSv1; the default is `required`. */
  httpTokens?: 'optional' | 'required';
  /** Before each answer. */
  latencyMs?: number;
  now?: () => number;
}

export interface EmulatedImds {
  url: string;
  /** May be changed while it runs. */
  instance: Instance;
  httpTokens: 'optional' | 'required';
  latencyMs: number;
  requests: ImdsRequest[];
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/** Listens on a free port of 127.0.0.1 unless told otherwise. */
export async function startEmulatedImds(options: EmulatedImdsOptions): Promise<EmulatedImds> {
  const now = options.now ?? Date.now;
  const tokens = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const record = startRecord(imds, request, now());
    if (imds.latencyMs > 0) await new Promise((done) => setTimeout(done, imds.latencyMs));
    const answer = answerTo(request, imds, options.aws, tokens, now());
    record.status = answer.status;
    send(response, answer);
  });
  const imds: EmulatedImds = {
    url: '',
    instance: options.instance,
    httpTokens: options.httpTokens ?? 'required',
    latencyMs: options.latencyMs ?? 0,
    requests: [],
    close: () => close(server),
  };
  imds.url = await listen(server, options);
  return imds;
}

function startRecord(imds: EmulatedImds, request: IncomingMessage, atMs: number): ImdsRequest {
  const record = {
    atMs,
    method: request.method ?? '',
    path: request.url ?? '',
    from: request.socket.remoteAddress ?? '',
    hasToken: request.headers['x-aws-ec2-metadata-token'] !== undefined,
    status: 0,
  };
  imds.requests.push(record);
  return record;
}

function answerTo(
  request: IncomingMessage,
  imds: EmulatedImds,
  aws: EmulatedAws,
  tokens: Map<string, number>,
  nowMs: number,
): Answer {
  const path = cleanPath(request.url ?? '/');
  if (path === null) return { status: 400 };
  if (/^\/[^/]+\/api\/token\/?$/.test(path)) return answerToken(request, tokens, nowMs);
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405 };

  const token = request.headers['x-aws-ec2-metadata-token'];
  if (token === undefined && imds.httpTokens === 'required') return { status: 401 };
  if (token !== undefined && !((tokens.get(String(token)) ?? 0) > nowMs)) return { status: 401 };

  const body = listMetadata(path, imds.instance, aws, nowMs);
  return body === null ? { status: 404 } : { status: 200, body };
}

/** As forgiving as the real one: an encoded, doubled or dotted path leads to the same document. */
function cleanPath(url: string): string | null {
  try {
    const path = url.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/s, '');
    return posix.normalize(decodeURIComponent(path));
  } catch {
    return null;
  }
}

function answerToken(request: IncomingMessage, tokens: Map<string, number>, nowMs: number): Answer {
  if (request.method !== 'PUT') return { status: 405, headers: { allow: 'OPTIONS, PUT' } };
  if (request.headers['x-forwarded-for'] !== undefined) return { status: 403 };
  const ttl = String(request.headers['x-aws-ec2-metadata-token-ttl-seconds'] ?? '');
  if (!/^\d{1,5}$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > 21_600) return { status: 400 };
  const token = `${randomBytes(39).toString('base64url')}==`;
  tokens.set(token, nowMs + Number(ttl) * 1000);
  return { status: 200, body: token, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': ttl } };
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
};

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const title = `${status} - ${titles[status]}`;
  const page = `<?xml version="1.0" encoding="iso-8859-1"?>\n<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n </body>\n</html>\n`;
  response.writeHead(status, {
    'content-type': body === undefined ? 'text/html' : 'text/plain',
    server: 'EC2ws',
    ...headers,
  });
  response.end(body ?? page);
}
