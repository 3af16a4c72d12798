// A pod that asks as fast as one may, to see how long a gap is: who answered from when to when.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { askerPod } from './askers.ts';
import { NAMESPACE } from './pods.ts';
import { kubectl } from './run.ts';

const program = readFileSync(new URL('./hammer.py', import.meta.url), 'utf8');

export interface Span {
  /** `own`: the daemon; `real`: the metadata service; `refused`, `reset`, `timeout`: nobody. */
  who: string;
  fromMs: number;
  toMs: number;
  /** Requests in it. */
  count: number;
}

/** Resolves when it asks and the daemon answers. It goes away with the askers. */
export async function startHammer(name: string, node: string): Promise<void> {
  await kubectl(['create', '-f', '-'], JSON.stringify(askerPod({ name, node, program })));
  await kubectl(['-n', NAMESPACE, 'wait', `pod/${name}`, '--for=condition=Ready', '--timeout=180s']);
  const spans = await spansOf(name, 0, { until: 'own' });
  if (spans.at(-1)?.who !== 'own') throw new Error(`${name} is not answered: ${JSON.stringify(spans)}`);
}

/**
 * What it has seen from that moment until now at least. A span is told when it is over, or each second.
 * @param until who is to answer last; when that does not come within a minute, what was seen tells why
 */
export async function spansOf(
  name: string,
  sinceMs: number,
  { until }: { until?: string } = {},
): Promise<Span[]> {
  const nowMs = Date.now();
  for (;;) {
    // A node that has just come back has no log to show yet.
    const spans = (await toldBy(name).catch(() => [])).filter(({ toMs }) => toMs > sinceMs);
    const last = spans.at(-1);
    if (last && last.toMs >= nowMs && (until === undefined || last.who === until)) return spans;
    if (Date.now() > nowMs + 60_000) return spans;
    await delay(500);
  }
}

async function toldBy(name: string): Promise<Span[]> {
  const text = await kubectl(['-n', NAMESPACE, 'logs', name, '--tail=-1']);
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Span);
}

/** Time and requests for which that was who answered. */
export function shareOf(spans: readonly Span[], ...who: string[]): { ms: number; count: number } {
  const those = spans.filter((span) => who.includes(span.who));
  return {
    ms: Math.round(those.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)),
    count: those.reduce((sum, { count }) => sum + count, 0),
  };
}
