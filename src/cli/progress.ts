// Progress on stderr. A terminal gets one live line; a log gets one plain line per step, and a sign of
// life every 15 s, so that no runner takes a long wait for a hang.
import type { Progress } from '../model/progress.ts';
import { visible } from '../model/visible.ts';
import { duration } from '../report/text.ts';

export interface ProgressOptions {
  stream: { isTTY?: boolean; columns?: number; write(text: string): unknown };
  /** No word at all. */
  quiet?: boolean;
  /** Injected by tests; milliseconds. */
  now?: () => number;
  heartbeatMs?: number;
}

/** Continuous integration commonly ends a job that is silent for minutes; 15 s is far below that. */
const HEARTBEAT_MS = 15_000;
const REPAINT_MS = 120;

export function createProgress(options: ProgressOptions): Progress {
  if (options.quiet) return { step: () => {}, detail: () => {}, end: () => {} };
  return options.stream.isTTY ? liveProgress(options) : plainProgress(options);
}

interface Step {
  what: string;
  detail: string;
  startedAtMs: number;
}

function plainProgress({ stream, now = Date.now, heartbeatMs = HEARTBEAT_MS }: ProgressOptions): Progress {
  let step: Step | null = null;
  let timer: NodeJS.Timeout | undefined;
  const beat = (): void => {
    if (step) stream.write(`  still ${step.what}${suffix(step)} (${duration(now() - step.startedAtMs)})\n`);
  };
  return {
    step(what) {
      clearInterval(timer);
      step = { what: visible(what), detail: '', startedAtMs: now() };
      stream.write(`${step.what}\n`);
      timer = setInterval(beat, heartbeatMs).unref();
    },
    detail(text) {
      if (step) step.detail = visible(text);
    },
    end() {
      clearInterval(timer);
      step = null;
    },
  };
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR_LINE = '\r\x1b[2K';

function liveProgress({ stream, now = Date.now }: ProgressOptions): Progress {
  let step: Step | null = null;
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  const paint = (): void => {
    if (!step) return;
    const line = `${FRAMES[frame++ % FRAMES.length]} ${step.what}${suffix(step)} (${duration(now() - step.startedAtMs)})`;
    // A line that wraps cannot be cleared.
    stream.write(CLEAR_LINE + line.slice(0, Math.max((stream.columns ?? 80) - 1, 10)));
  };
  const finish = (): void => {
    clearInterval(timer);
    if (step) stream.write(`${CLEAR_LINE}  ${step.what} (${duration(now() - step.startedAtMs)})\n`);
    step = null;
  };
  return {
    step(what) {
      finish();
      step = { what: visible(what), detail: '', startedAtMs: now() };
      paint();
      timer = setInterval(paint, REPAINT_MS).unref();
    },
    detail(text) {
      if (step) step.detail = visible(text);
    },
    end: finish,
  };
}

const suffix = ({ detail }: Step): string => (detail === '' ? '' : `: ${detail}`);
