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

/** It goes away with the askers. */
export async function startHammer(name: string, node: string): Promise<void> {
  await kubectl(['create', '-f', '-'], JSON.stringify(askerPod({ name, node, program })));
  await kubectl(['-n', NAMESPACE, 'wait', `pod/${name}`, '--for=condition=Ready', '--timeout=60s']);
  await delay(500);
}

/** What it has seen from that moment on; a span is told two seconds late at most. */
export async function spansOf(name: string, sinceMs: number): Promise<Span[]> {
  await delay(2_500);
  const text = await kubectl(['-n', NAMESPACE, 'logs', name, '--tail=-1']);
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Span)
    .filter(({ toMs }) => toMs > sinceMs);
}

/** Time and requests for which that was who answered. */
export function shareOf(spans: readonly Span[], ...who: string[]): { ms: number; count: number } {
  const those = spans.filter((span) => who.includes(span.who));
  return {
    ms: Math.round(those.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)),
    count: those.reduce((sum, { count }) => sum + count, 0),
  };
}
