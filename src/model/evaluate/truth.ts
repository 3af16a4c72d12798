// Three-valued logic (Kleene): what is not known here must neither allow nor deny.

export type Truth = boolean | 'unknown';

export const not = (truth: Truth): Truth => (truth === 'unknown' ? truth : !truth);

/** False as soon as one is false, else unknown as soon as one is unknown. */
export function allOf(truths: Iterable<Truth>): Truth {
  let result: Truth = true;
  for (const truth of truths) {
    if (truth === false) return false;
    if (truth === 'unknown') result = truth;
  }
  return result;
}

/** True as soon as one is true, else unknown as soon as one is unknown. */
export function anyOf(truths: Iterable<Truth>): Truth {
  let result: Truth = false;
  for (const truth of truths) {
    if (truth === true) return true;
    if (truth === 'unknown') result = truth;
  }
  return result;
}
