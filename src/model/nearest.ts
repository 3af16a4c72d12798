// "Did you mean": the nearest of some known names by edit distance.

/** The known name nearest to a given one; null when none is near enough to be a likely typo. */
export function nearestName(given: string, names: readonly string[]): string | null {
  let best: string | null = null;
  // Of a very short word every other is two edits away.
  let bestDistance = given.length < 4 ? 2 : Math.max(2, Math.floor(given.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(given.length - name.length) >= bestDistance) continue;
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
