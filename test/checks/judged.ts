// A check over one good diagnostic pod of the workload apps/blue, of which a test changes what it is about.
import type { Finding } from '../../src/model/finding.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, type Snapshot } from '../../src/model/snapshot.ts';
import { goodProbe, goodSnapshot, workload } from '../helpers/snapshot.ts';

export const goodBlue = goodProbe(workload('blue', 'blue'), 'node-1');

/** The first finding of a check, by what its pod saw otherwise than a good one. */
export const judging =
  (run: (snapshot: Snapshot) => Finding[]) =>
  (more: Partial<ProbeObservation>): Finding =>
    run(goodSnapshot({ probes: known([{ ...goodBlue, ...more }], '') }))[0]!;
