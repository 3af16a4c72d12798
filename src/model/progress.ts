// What a long piece of work tells about itself while it runs; cli/progress.ts shows it.

export interface Progress {
  /** A step begins, and the one before has ended: `reading pods`. */
  step(what: string): void;
  /** How far the step is: `3 of 12 nodes`. */
  detail(text: string): void;
  /** The last step has ended. */
  end(): void;
}
