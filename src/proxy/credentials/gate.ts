// How fast the daemon may call STS: a token bucket that slows down when STS throttles, and lets
// calls that a pod is waiting for go before those made ahead of need.
import { steadyMs } from '../clock.ts';

export interface Pace {
  /** Calls per second. */
  perSecond: number;
  burst: number;
}

/**
 * The burst covers a full node whose pods all start at once; the pace is for what comes after, since STS's
 * hundreds of calls per second are shared by all nodes of an account and region.
 */
const DEFAULT_PACE: Pace = { perSecond: 50, burst: 300 };
const MIN_PER_SECOND = 4;
/** Calls that were on their way together are throttled together: that is one reason to slow down. */
const ONCE_PER_MS = 500;

interface Waiting {
  isUrgent: () => boolean;
  go: () => void;
}

export class Gate {
  readonly #pace: Pace;
  #perSecond: number;
  #tokens: number;
  #filledAtMs = steadyMs();
  #slowedAtMs = Number.NEGATIVE_INFINITY;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(pace: Pace = DEFAULT_PACE) {
    this.#pace = pace;
    this.#perSecond = pace.perSecond;
    this.#tokens = pace.burst;
  }

  /** Resolves when a call may be made; `isUrgent` is asked again at each turn. */
  async pass(isUrgent: () => boolean): Promise<void> {
    this.#fill();
    if (this.#waiting.length === 0 && this.#tokens >= 1 && !this.#isClosed) {
      this.#tokens--;
      return;
    }
    await new Promise<void>((go) => {
      this.#waiting.push({ isUrgent, go });
      this.#schedule();
    });
  }

  /** STS has throttled: half the pace, and nothing saved up. */
  throttled(): void {
    this.#fill();
    this.#tokens = 0;
    if (steadyMs() - this.#slowedAtMs < ONCE_PER_MS) return;
    this.#slowedAtMs = steadyMs();
    this.#perSecond = Math.max(MIN_PER_SECOND, this.#perSecond / 2);
  }

  /** STS has answered: back to the full pace within some hundred calls. */
  answered(): void {
    this.#perSecond = Math.min(this.#pace.perSecond, this.#perSecond + this.#pace.perSecond / 100);
  }

  /** Nothing passes any more, and nothing here keeps the process from its end. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #fill(): void {
    const now = steadyMs();
    this.#tokens = Math.min(
      this.#pace.burst,
      this.#tokens + ((now - this.#filledAtMs) / 1000) * this.#perSecond,
    );
    this.#filledAtMs = now;
  }

  #schedule(): void {
    if (this.#timer || this.#waiting.length === 0 || this.#isClosed) return;
    const missing = Math.max(0, 1 - this.#tokens);
    this.#timer = setTimeout(() => this.#turn(), Math.ceil((missing / this.#perSecond) * 1000) + 1);
  }

  #turn(): void {
    this.#timer = null;
    this.#fill();
    while (this.#tokens >= 1 && this.#waiting.length > 0) {
      const urgent = this.#waiting.findIndex(({ isUrgent }) => isUrgent());
      const [next] = this.#waiting.splice(Math.max(0, urgent), 1);
      this.#tokens--;
      next!.go();
    }
    this.#schedule();
  }
}
