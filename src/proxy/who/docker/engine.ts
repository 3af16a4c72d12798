// The few calls that the daemon makes to the Docker Engine API, over node:http.
// https://docs.docker.com/reference/api/engine/
import http from 'node:http';
import https from 'node:https';
import { CallFailure, parseJson, readJsonLines, refusalOf, textOf, unreachable } from '../answers.ts';
import type { EngineConnection } from './engine-connection.ts';

export interface EngineEvent {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

/** Every function throws a CallFailure. */
export interface Engine {
  /** Agrees on the version of the API, which all other calls need. @returns the engine's own clock, in seconds */
  greet(): Promise<number>;
  /** Ids of the containers that run. */
  running(): Promise<string[]>;
  /** A container as the engine shows it; null when there is none of that id. */
  inspect(id: string): Promise<unknown>;
  /** Tells of what happens to containers and networks from an instant on, until the engine ends it. */
  events(sinceSeconds: number, signal: AbortSignal, onEvent: (event: EngineEvent) => void): Promise<void>;
  close(): void;
}

const SERVER = 'the Docker engine';
/** An engine is slow to answer about a container that it is just starting. */
const ANSWER_MS = 10_000;
const MAX_LINE_LENGTH = 4 * 1024 * 1024;
/** The latest whose fields were looked at; an older engine is spoken to in its own. */
const NEWEST_VERSION = '1.52';

export function dockerEngine(connection: EngineConnection): Engine {
  const { isTls, host } = connection;
  const agent = isTls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  let prefix = '';

  function open(path: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    return new Promise<http.IncomingMessage>((resolve, reject) => {
      const headers = { host: 'docker', 'user-agent': 'pod-iam' };
      const options = { ...connection.options(), path: prefix + path, agent, signal, headers };
      const request = (isTls ? https : http).get(options, resolve);
      request.on('socket', (socket) => socket.setKeepAlive(true, 10_000));
      request.on('error', reject);
    }).catch((error: unknown) => {
      throw unreachable(`${SERVER} at ${host}`, error);
    });
  }

  async function get(path: string): Promise<{ headers: http.IncomingHttpHeaders; text: string }> {
    const late = AbortSignal.timeout(ANSWER_MS);
    try {
      const answer = await open(path, late);
      const text = await textOf(answer);
      if (answer.statusCode !== 200) throw refusalOf(SERVER, answer.statusCode ?? 0, text);
      return { headers: answer.headers, text };
    } catch (error) {
      if (late.aborted) throw new CallFailure(0, `no answer within ${ANSWER_MS / 1000} s`);
      throw unreachable(`${SERVER} at ${host}`, error);
    }
  }

  return {
    async greet() {
      prefix = '';
      const { headers } = await get('/_ping');
      const version = String(headers['api-version'] ?? '1.24');
      prefix = `/v${isNewer(version, NEWEST_VERSION) ? NEWEST_VERSION : version}`;
      return Math.floor((Date.parse(headers.date ?? '') || Date.now()) / 1000);
    },
    async running() {
      const all = parseJson(SERVER, (await get('/containers/json')).text) as { Id: string }[];
      return all.map(({ Id }) => Id);
    },
    async inspect(id) {
      try {
        return parseJson(SERVER, (await get(`/containers/${encodeURIComponent(id)}/json`)).text);
      } catch (error) {
        if (error instanceof CallFailure && error.status === 404) return null;
        throw error;
      }
    },
    async events(sinceSeconds, signal, onEvent) {
      const filters = encodeURIComponent(JSON.stringify({ type: ['container', 'network'] }));
      // No limit on the time until it begins: some engines send no header before the first event.
      const answer = await open(`/events?since=${sinceSeconds}&filters=${filters}`, signal);
      try {
        if (answer.statusCode !== 200) throw refusalOf(SERVER, answer.statusCode ?? 0, '');
        await readJsonLines(SERVER, answer, MAX_LINE_LENGTH, (event) => onEvent(event as EngineEvent));
      } catch (error) {
        throw unreachable(`${SERVER} at ${host}`, error);
      }
    },
    close: () => agent.destroy(),
  };
}

function isNewer(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}
