// The clock for waits and intervals. The wall clock may be set back or forward at any moment; it is
// asked only about instants that others have set, such as the end of credentials.

/** Milliseconds since the start of the process; never goes back, and jumps for nobody. */
export const steadyMs = (): number => performance.now();

/** The time of day at the start of the process, counted on steadily: for an end that this process sets itself. */
export const steadyDateMs = (): number => performance.timeOrigin + steadyMs();
