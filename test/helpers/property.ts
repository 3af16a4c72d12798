// fast-check with one seed for all runs, so that none fails on what another has not seen.
// `POD_IAM_SEED` names another; `POD_IAM_LONG=1` takes a new one each time, which a failure prints.
import fc from 'fast-check';

const isLong = process.env['POD_IAM_LONG'] === '1';

/** Of every property that names none of its own. */
export const SEED = Number(process.env['POD_IAM_SEED'] ?? (isLong ? Date.now() % 2 ** 31 : 20_261));

fc.configureGlobal({ seed: SEED });

export default fc;
