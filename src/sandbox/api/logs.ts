// What containers printed, kept per pod and container: the emulated kubelets append, pods/log reads.
import { EventEmitter } from 'node:events';

export interface LogLine {
  atMs: number;
  /** Without the line end. */
  text: string;
}

export interface LogQuery {
  tailLines?: number;
  sinceMs?: number;
  limitBytes?: number;
  timestamps?: boolean;
  /** The instance of the container before its last restart. */
  isPrevious?: boolean;
}

interface ContainerLog {
  current: LogLine[];
  previous: LogLine[] | null;
  /** A line that has not ended yet. */
  rest: string;
}

export class PodLogs {
  readonly #logs = new Map<string, ContainerLog>();
  readonly #appended = new EventEmitter().setMaxListeners(0);

  append(podUid: string, container: string, text: string): void {
    const log = this.#of(podUid, container);
    const lines = (log.rest + text).split('\n');
    log.rest = lines.pop()!;
    for (const line of lines) {
      const entry = { atMs: Date.now(), text: line };
      log.current.push(entry);
      this.#appended.emit(`${podUid}/${container}`, entry);
    }
  }

  /** The container starts anew: its log so far becomes the previous one. */
  restart(podUid: string, container: string): void {
    const log = this.#of(podUid, container);
    this.#end(log);
    log.previous = log.current;
    log.current = [];
  }

  forget(podUid: string): void {
    for (const key of this.#logs.keys()) if (key.startsWith(`${podUid}/`)) this.#logs.delete(key);
  }

  /** Null when there is no such log, as for `previous` before the first restart. */
  read(podUid: string, container: string, query: LogQuery = {}): string | null {
    const log = this.#logs.get(`${podUid}/${container}`);
    if (query.isPrevious) return log?.previous ? render(log.previous, query) : null;
    if (!log) return '';
    const unfinished = log.rest === '' ? [] : [{ atMs: Date.now(), text: log.rest }];
    return render([...log.current, ...unfinished], query);
  }

  /** Calls back with each further line. */
  follow(podUid: string, container: string, listener: (line: LogLine) => void): () => void {
    const key = `${podUid}/${container}`;
    this.#appended.on(key, listener);
    return () => void this.#appended.off(key, listener);
  }

  #of(podUid: string, container: string): ContainerLog {
    const key = `${podUid}/${container}`;
    let log = this.#logs.get(key);
    if (!log) {
      log = { current: [], previous: null, rest: '' };
      this.#logs.set(key, log);
    }
    return log;
  }

  #end(log: ContainerLog): void {
    if (log.rest !== '') log.current.push({ atMs: Date.now(), text: log.rest });
    log.rest = '';
  }
}

export const renderLine = (line: LogLine, timestamps = false): string =>
  `${timestamps ? `${new Date(line.atMs).toISOString()} ` : ''}${line.text}\n`;

function render(lines: LogLine[], query: LogQuery): string {
  let chosen = query.sinceMs === undefined ? lines : lines.filter((line) => line.atMs >= query.sinceMs!);
  if (query.tailLines !== undefined) chosen = query.tailLines === 0 ? [] : chosen.slice(-query.tailLines);
  const text = chosen.map((line) => renderLine(line, query.timestamps)).join('');
  return query.limitBytes === undefined ? text : Buffer.from(text).subarray(0, query.limitBytes).toString();
}
