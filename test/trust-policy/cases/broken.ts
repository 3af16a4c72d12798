import type { Status } from '../../../src/model/finding.ts';
import type { CheckOptions } from '../../../src/trust-policy/rule.ts';

/** A document that breaks a rule, and the place where. */
export type Broken = [
  code: string,
  status: Status,
  pointer: string,
  name: string,
  text: string,
  options?: Partial<CheckOptions>,
];
