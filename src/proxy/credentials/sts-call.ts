// One call in the query protocol of STS, over node:https. The SDK's client would hold a tenth of all the
// memory that the daemon has; the signature stays the SDK's own.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html
import http from 'node:http';
import https from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../model/sha256.ts';
import type { OwnCredentials } from './own.ts';
import { readStsAnswer, type StsAnswer } from './sts-answer.ts';

export interface StsCall {
  action: string;
  parameters: Record<string, string>;
  endpoint: string;
  region: string;
  /** Null: the call is not signed. */
  credentials: OwnCredentials | null;
}

export interface StsCaller {
  /** @throws StsRefusal for an answer that is an error, Error with a code when none comes */
  send(call: StsCall): Promise<StsAnswer>;
  close(): void;
}

const CONNECT_MS = 1_000;
const ANSWER_MS = 5_000;
/** Enough for the first calls of a full node within a second, at 0.2 s each. */
const SOCKETS = 64;
const MAX_BODY_BYTES = 256 * 1024;
/** A signature counts for so long: https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html */
const MAX_SKEW_MS = 5 * 60_000;

export function stsCaller(): StsCaller {
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: SOCKETS }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: SOCKETS }),
  };
  let skewMs = 0;
  let isClosed = false;

  async function headersOf({ credentials, region }: StsCall, url: URL, body: string) {
    const headers = {
      host: url.host,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'pod-iam',
    };
    if (credentials === null) return headers;
    const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256 });
    const { hostname, pathname: path, protocol } = url;
    const request = { method: 'POST', hostname, path, protocol, query: {}, headers, body };
    return (await signer.sign(request, { signingDate: new Date(Date.now() + skewMs) })).headers;
  }

  return {
    async send(call) {
      if (isClosed) throw failure('the daemon ends');
      const url = new URL(call.endpoint);
      const isTls = url.protocol === 'https:';
      const body = String(
        new URLSearchParams({ Action: call.action, Version: '2011-06-15', ...call.parameters }),
      );
      const answer = await post(url, {
        agent: agents[isTls ? 'https:' : 'http:'],
        headers: await headersOf(call, url, body),
        body,
      });
      // The node's clock may be wrong: from then on it is signed by the clock of STS.
      if (answer.dateMs !== null && Math.abs(answer.dateMs - Date.now() - skewMs) > MAX_SKEW_MS)
        skewMs = answer.dateMs - Date.now();
      return readStsAnswer(answer);
    },
    close() {
      isClosed = true;
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

export interface RawAnswer {
  status: number;
  /** The clock of STS. */
  dateMs: number | null;
  text: string;
}

function post(
  url: URL,
  { agent, headers, body }: { agent: http.Agent; headers: Record<string, string>; body: string },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { request: open } = url.protocol === 'https:' ? https : http;
    const request = open(url, { method: 'POST', agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BODY_BYTES) request.destroy(failure('the answer is too long'));
        else chunks.push(chunk);
      });
      answer.on('end', () => resolve(rawAnswer(answer, Buffer.concat(chunks).toString())));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.on('socket', (socket) => endLate(request, socket.connecting));
    request.end(body);
  });
}

/** Bounds the connection and the answer, from when the call has a connection of its own. */
function endLate(request: http.ClientRequest, isConnecting: boolean): void {
  const end = (what: string) => () => request.destroy(failure(what));
  const timers = [setTimeout(end('it does not answer'), ANSWER_MS)];
  if (isConnecting) {
    const connecting = setTimeout(end('no connection within 1 s'), CONNECT_MS);
    timers.push(connecting);
    request.socket?.once('connect', () => clearTimeout(connecting));
  }
  request.on('close', () => timers.forEach(clearTimeout));
}

const failure = (what: string): Error => Object.assign(new Error(what), { name: 'TimeoutError' });

function rawAnswer({ statusCode = 0, headers }: http.IncomingMessage, text: string): RawAnswer {
  const dateMs = Date.parse(headers.date ?? '');
  return { status: statusCode, dateMs: Number.isNaN(dateMs) ? null : dateMs, text };
}
