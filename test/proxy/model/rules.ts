// What an annotation and an allow-list of the model's world mean, written down by hand beside each text,
// so that the oracle owes nothing to the code that it judges.

export const BASE = 'arn:aws:iam::111122223333:role/';
const GREEN = `${BASE}team/green`;
const FOREIGN = 'arn:aws:iam::444455556666:role/x/foreign';

export interface RoleText {
  /** The annotation; null for none. */
  text: string | null;
  /** What it asks for. `default`: the default role, where there is one. `none`: no role, whatever the default. */
  means: { arn: string } | 'default' | 'none';
}

export const ROLE_TEXTS: readonly RoleText[] = [
  { text: 'blue', means: { arn: `${BASE}blue` } },
  { text: 'red', means: { arn: `${BASE}red` } },
  { text: 'blue', means: { arn: `${BASE}blue` } },
  { text: 'team/green', means: { arn: GREEN } },
  { text: GREEN, means: { arn: GREEN } },
  { text: FOREIGN, means: { arn: FOREIGN } },
  { text: null, means: 'default' },
  { text: '', means: 'none' },
  { text: '  ', means: 'none' },
  { text: 'blue\n', means: 'none' },
];

/** The default role of those runs that have one. */
export const DEFAULT_ROLE = 'fallback';
export const DEFAULT_ARN = BASE + DEFAULT_ROLE;

/** Every role that some pod can ask for. */
export const ALL_ARNS = [`${BASE}blue`, `${BASE}red`, GREEN, FOREIGN, DEFAULT_ARN];

/** As the listing prints it: without the base. */
export const listedAs = (arn: string): string => (arn === FOREIGN ? FOREIGN : arn.slice(BASE.length));

export interface ListText {
  /** The namespace's annotation; null for none. */
  text: string | null;
  allows: readonly string[];
}

export const LIST_TEXTS: readonly ListText[] = [
  { text: '["*"]', allows: [`${BASE}blue`, `${BASE}red`, GREEN, DEFAULT_ARN] },
  { text: '["blue","team/*"]', allows: [`${BASE}blue`, GREEN] },
  { text: '["*"]', allows: [`${BASE}blue`, `${BASE}red`, GREEN, DEFAULT_ARN] },
  { text: '["red"]', allows: [`${BASE}red`] },
  { text: '["arn:aws:iam::444455556666:role/*","red"]', allows: [FOREIGN, `${BASE}red`] },
  { text: '[]', allows: [] },
  { text: 'no json', allows: [] },
  { text: null, allows: [] },
];

export interface IdText {
  text: string | null;
  isValid: boolean;
}

export const EXTERNAL_IDS: readonly IdText[] = [
  { text: null, isValid: true },
  { text: null, isValid: true },
  { text: null, isValid: true },
  { text: null, isValid: true },
  { text: 'tenant-8', isValid: true },
  { text: 'tenant-7', isValid: true },
  { text: '!', isValid: false },
];

export const ROLE_KEY = 'iam.amazonaws.com/role';
export const EXTERNAL_ID_KEY = 'iam.amazonaws.com/external-id';
export const SESSION_KEY = 'iam.amazonaws.com/session-name';
export const LIST_KEY = 'iam.amazonaws.com/allowed-roles';
export const ANNOUNCED_KEY = 'cni.projectcalico.org/podIPs';

/** Instead of a pick by index: unknown text can only come from a defect of the model itself. */
export function meaningOf<T extends { text: string | null }>(
  table: readonly T[],
  text: string | undefined,
): T {
  const entry = table.find((one) => one.text === (text ?? null));
  if (!entry) throw new Error(`the model does not know ${JSON.stringify(text)}`);
  return entry;
}
