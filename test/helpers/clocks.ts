// Timers, the wall clock and the steady clock, all by hand and each apart from the others: no test waits,
// and a step of the wall clock can be told from time that passes. In place of node:test's mock timers,
// which know one clock only and are slow with thousands of timers.

interface Timer {
  atMs: number;
  order: number;
  run: () => void;
  /** Null for a time-out. */
  everyMs: number | null;
}

export interface HandClocks {
  /** The wall clock's first reading. */
  readonly startMs: number;
  /** Time since the start, by the steady clock. */
  readonly nowMs: number;
  /** Timers that are set. */
  readonly pending: number;
  /** When the next timer is due, by the steady clock; infinite without any. */
  nextAtMs(): number;
  /** Lets time pass on both clocks, and runs what falls due in its order. */
  tick(ms: number): void;
  /** Sets the wall clock, and it alone. */
  setWall(ms: number): void;
  /** The steady clock's origin is the wall clock's reading, as in a process that starts now. */
  restartProcess(): void;
  restore(): void;
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Takes the place of the global timers, Date.now, `new Date()` and performance.now until `restore`. */
export function handClocks(startMs = Date.UTC(2026, 0, 1)): HandClocks {
  const heap: Timer[] = [];
  const live = new Set<Timer>();
  let nowMs = 0;
  let wallAheadMs = startMs;
  let order = 0;

  const set = (run: () => void, ms: number | undefined, everyMs: number | null): Handle => {
    const delay = ms !== undefined && ms >= 1 && ms <= MAX_TIMEOUT_MS ? ms : 1;
    const timer: Timer = { atMs: nowMs + delay, order: order++, run, everyMs };
    live.add(timer);
    push(heap, timer);
    return handleOf(timer, live);
  };
  const wall = (): number => Math.floor(nowMs + wallAheadMs);
  const kept = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    Date: globalThis.Date,
  };
  const clear = (handle: Handle | undefined | null): void => void (handle && live.delete(handle.timer));
  class HandDate extends kept.Date {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [wall()] : given) as [number]));
    }
    static override now = wall;
  }
  Object.assign(globalThis, {
    setTimeout: (run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
      set(() => run(...given), ms, null),
    clearTimeout: clear,
    setInterval: (run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
      set(() => run(...given), ms, ms ?? 1),
    clearInterval: clear,
    Date: HandDate,
  });
  Object.defineProperty(performance, 'now', { value: () => nowMs, configurable: true });
  const setOrigin = (value: number): void =>
    void Object.defineProperty(performance, 'timeOrigin', { value, configurable: true });
  setOrigin(startMs);

  const first = (): Timer | undefined => {
    while (heap.length > 0 && !live.has(heap[0]!)) pop(heap);
    return heap[0];
  };

  return {
    startMs,
    get nowMs() {
      return nowMs;
    },
    get pending() {
      return live.size;
    },
    nextAtMs: () => first()?.atMs ?? Number.POSITIVE_INFINITY,
    tick(ms) {
      const endMs = nowMs + ms;
      for (let timer = first(); timer && timer.atMs <= endMs; timer = first()) {
        pop(heap);
        nowMs = Math.max(nowMs, timer.atMs);
        if (timer.everyMs === null) live.delete(timer);
        else push(heap, Object.assign(timer, { atMs: nowMs + timer.everyMs, order: order++ }));
        timer.run();
      }
      nowMs = endMs;
    },
    setWall(ms) {
      wallAheadMs = ms - nowMs;
    },
    // The clock itself goes on: what counts is only where the two meet.
    restartProcess: () => setOrigin(wallAheadMs),
    restore() {
      Object.assign(globalThis, kept);
      Reflect.deleteProperty(performance, 'now');
      Reflect.deleteProperty(performance, 'timeOrigin');
    },
  };
}

interface Handle {
  timer: Timer;
  ref(): Handle;
  unref(): Handle;
  hasRef(): boolean;
}

function handleOf(timer: Timer, live: Set<Timer>): Handle {
  const handle: Handle = {
    timer,
    ref: () => handle,
    unref: () => handle,
    hasRef: () => live.has(timer),
  };
  return handle;
}

const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Into a binary heap: the parent of `i` is at `(i - 1) >> 1`. */
function push(heap: Timer[], timer: Timer): void {
  let i = heap.push(timer) - 1;
  for (let up = (i - 1) >> 1; i > 0 && isBefore(timer, heap[up]!); i = up, up = (i - 1) >> 1)
    heap[i] = heap[up]!;
  heap[i] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let i = 0;
  for (;;) {
    let down = 2 * i + 1;
    if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) down++;
    if (down >= heap.length || !isBefore(heap[down]!, last)) break;
    heap[i] = heap[down]!;
    i = down;
  }
  heap[i] = last;
}
