// IAM's two wildcards: `*` is any run of characters, slashes and colons too, `?` is exactly one.
// No other glob syntax exists there. Two pointers instead of a regexp: linear for usual patterns,
// and never exponential for hostile ones.

// Stand for wildcard characters that are meant literally; IAM takes no character of this range.
const LITERAL_STAR = '\ue000';
const LITERAL_MARK = '\ue001';

/** Makes the wildcard characters of a text literal, for use inside a pattern. */
export const literal = (text: string): string =>
  /[*?]/.test(text) ? text.replaceAll('*', LITERAL_STAR).replaceAll('?', LITERAL_MARK) : text;

/** Whether the whole text matches; case matters. */
export function wildcardMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      starAt = p++;
      resumeAt = t;
    } else if (p < pattern.length && (wanted === '?' || isSame(wanted!, text[t]!))) {
      p++;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++resumeAt;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

const isSame = (wanted: string, given: string): boolean =>
  wanted === given ||
  (wanted === LITERAL_STAR && given === '*') ||
  (wanted === LITERAL_MARK && given === '?');

/** Whether a text holds a wildcard that is not written `${*}` or `${?}`, their literal forms. */
export const hasWildcard = (text: string): boolean => /[*?]/.test(text.replace(/\$\{[*?$]\}/g, ''));
