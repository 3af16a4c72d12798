// A Kubernetes API over HTTPS for the daemon's watch: pages, replays from a resourceVersion or says
// 410, sends bookmarks, takes events, and can be told to fail in the ways that real servers do.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { TokenReviews } from './token-reviews.ts';

export interface ApiObject {
  metadata: {
    name: string;
    uid: string;
    namespace?: string;
    resourceVersion?: string;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: ApiObject;
}

export interface WatchApi {
  url: string;
  ca: string;
  token: string;
  /** Every request as `LIST /api/v1/pods?…` or `WATCH …`, in order. */
  requests: string[];
  /** Events that were posted. */
  events: Record<string, unknown>[];
  /** Set to refuse each request with this status. */
  refuse: number | null;
  tokens: TokenReviews;
  pageSize: number;
  /** Creates or changes an object; told to the watches at once. */
  put(resource: string, object: ApiObject): void;
  remove(resource: string, uid: string): void;
  /** Ends all watches as a server does at their time-out. */
  endWatches(): void;
  /** Breaks the connections of all watches. */
  breakWatches(): void;
  /** The watches open now stay open and never hear anything again. */
  deafenWatches(): void;
  /** Sends a raw line on all watches. */
  say(event: unknown): void;
  bookmark(): void;
  /** What came before is forgotten: a watch from before now gets 410. */
  forget(): void;
  openWatches(): number;
  close(): Promise<void>;
}

const certify = (host: string) =>
  generate([{ name: 'commonName', value: 'watch-api' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: host }] },
    ],
  });
const loopback = '127.0.0.1';
const identity = certify(loopback);

/** @param host an address of this machine to listen on, where loopback cannot be reached */
export async function startWatchApi(host = loopback): Promise<WatchApi> {
  const { private: key, cert } = await (host === loopback ? identity : certify(host));
  const objects = new Map<string, Map<string, ApiObject>>();
  const history = new Map<string, Change[]>();
  const watches = new Set<{
    resource: string;
    query: URLSearchParams;
    response: ServerResponse;
    isDeaf: boolean;
  }>();
  let version = 100;
  let oldest = 0;

  const server: Server = createServer({ key, cert }, (request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://api');
    const resource = url.pathname.split('/').at(-1)!;
    if (request.headers.authorization !== `Bearer ${api.token}`) return refuse(response, 401, 'Unauthorized');
    if (api.refuse) return refuse(response, api.refuse, 'refused on purpose');
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString());
      if (resource === 'tokenreviews')
        return api.tokens.answer(body, response, [...(objects.get('pods')?.values() ?? [])]);
      api.events.push(body);
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    const isWatch = /^(?:1|true)$/.test(url.searchParams.get('watch') ?? '');
    api.requests.push(`${isWatch ? 'WATCH' : 'LIST'} ${url.pathname}?${url.searchParams}`);
    if (isWatch) watch(resource, url.searchParams, response);
    else list(resource, url.searchParams, response);
  }

  function list(resource: string, query: URLSearchParams, response: ServerResponse): void {
    const all = [...(objects.get(resource)?.values() ?? [])].filter((object) => selects(query, object));
    const from = Number(query.get('continue') ?? 0);
    const to = from + Math.min(api.pageSize, Number(query.get('limit') ?? 500));
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        metadata: { resourceVersion: String(version), ...(to < all.length && { continue: String(to) }) },
        items: all.slice(from, to),
      }),
    );
  }

  function watch(resource: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    if (from < oldest) {
      refuse(response, 410, 'too old resource version');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const one = { resource, query, response, isDeaf: false };
    watches.add(one);
    response.on('close', () => watches.delete(one));
    for (const change of history.get(resource) ?? []) if (change.version > from) tell(one, change);
    const seconds = Number(query.get('timeoutSeconds') ?? 60);
    const timer = setTimeout(() => !one.isDeaf && response.end(), seconds * 1000);
    response.on('close', () => clearTimeout(timer));
  }

  function tell(
    one: { query: URLSearchParams; response: ServerResponse; isDeaf: boolean },
    { type, object }: Change,
  ): void {
    if (!one.isDeaf && selects(one.query, object))
      one.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  function change(resource: string, type: Change['type'], object: ApiObject): void {
    version++;
    const told = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const all = objects.get(resource) ?? new Map<string, ApiObject>();
    objects.set(resource, all);
    if (type === 'DELETED') all.delete(object.metadata.uid);
    else all.set(object.metadata.uid, told);
    const one: Change = { version, type, object: told };
    const past = history.get(resource) ?? [];
    history.set(resource, past);
    past.push(one);
    for (const each of watches) if (each.resource === resource) tell(each, one);
  }

  const api: WatchApi = {
    url: '',
    ca: cert,
    token: 'test-bearer-token',
    requests: [],
    events: [],
    refuse: null,
    tokens: new TokenReviews(),
    pageSize: 500,
    put(resource, object) {
      change(resource, objects.get(resource)?.has(object.metadata.uid) ? 'MODIFIED' : 'ADDED', object);
    },
    remove(resource, uid) {
      const object = objects.get(resource)?.get(uid);
      if (object) change(resource, 'DELETED', object);
    },
    endWatches() {
      for (const one of [...watches]) {
        watches.delete(one);
        one.response.end();
      }
    },
    breakWatches() {
      for (const { response } of watches) response.destroy();
    },
    deafenWatches() {
      for (const one of watches) one.isDeaf = true;
    },
    say(event) {
      for (const { response } of watches) response.write(`${JSON.stringify(event)}\n`);
    },
    bookmark: () => api.say({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } }),
    forget() {
      version++;
      oldest = version;
      history.clear();
    },
    openWatches: () => watches.size,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  await new Promise<void>((done) => server.listen(0, host, done));
  api.url = `https://${host}:${(server.address() as AddressInfo).port}`;
  return api;
}

function selects(query: URLSearchParams, object: ApiObject): boolean {
  const wanted = /^spec\.nodeName=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  return wanted === undefined || (object['spec'] as { nodeName?: string } | undefined)?.nodeName === wanted;
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }));
}
