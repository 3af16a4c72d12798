// Durations as Go programs (kube2iam, kubectl) write them on a command line: 900ms, 15m, 1h30m.

const unitsInMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds; null for what is no duration. A number without a unit is none, save 0. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(amount) * unitsInMs[unit!]!;
  return Math.round(total);
}
