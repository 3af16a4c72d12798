import type { Progress } from '../../src/model/progress.ts';

/** The progress of a run that nobody watches. */
export const SILENT: Progress = { step: () => {}, detail: () => {}, end: () => {} };
