// What a measure is given, besides the world to measure in.
import type { Figure } from './figures.ts';
import type { BenchWorld } from './world.ts';

export interface Measuring {
  /** Fewer and shorter rounds, for CI. */
  isQuick: boolean;
  /** The Node that runs the daemon, and what it is compared with. */
  node: string;
}

/** Each is given a world of its own, with a daemon that has just become ready. */
export type Measure = (world: BenchWorld, measuring: Measuring) => Promise<Figure[]>;
