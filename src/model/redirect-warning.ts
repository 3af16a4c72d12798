// What the keeper of a node's redirect says besides that its rule is in place: told by its log, read by the
// doctor.

/** NW004: a rule of somebody else's. NW013: what the node lacks. */
export type RedirectCheck = 'NW004' | 'NW013';

export interface RedirectWarning {
  check: RedirectCheck;
  /** A sentence without a full stop. */
  why: string;
}

/** The log's `msg` of a line `{"warnings":[…]}`, or `{"warnings":null,"why":…}` when it could not look. */
export const LOOKED_AROUND = 'redirect looked around';

/** How often the line comes at least, whatever the level of the log. */
export const LOOK_TOLD_MS = 3_600_000;
