// Values that are known already or will be. What is known is handed on at once: a cached answer must not
// pay for promises that nobody waits for.

export type Soon<T> = T | Promise<T>;

/** Goes on with a value: now when it is known, and when it comes otherwise. */
export function whenKnown<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
