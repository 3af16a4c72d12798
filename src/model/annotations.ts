// The annotation keys that pod-iam reads. Conventions that exist are kept: those of kube2iam, kiam and
// IRSA mean here what they mean there.

export const ROLE_KEY = 'iam.amazonaws.com/role';
export const EXTERNAL_ID_KEY = 'iam.amazonaws.com/external-id';
export const SESSION_NAME_KEY = 'iam.amazonaws.com/session-name';
export const ALLOWED_ROLES_KEY = 'iam.amazonaws.com/allowed-roles';
export const PERMITTED_KEY = 'iam.amazonaws.com/permitted';
export const IRSA_ROLE_KEY = 'eks.amazonaws.com/role-arn';
/** Prefix of all keys of our own. */
export const OWN_PREFIX = 'pod-iam.dev/';

export type Annotations = Readonly<Record<string, string>>;

export type RoleAnnotation =
  | { state: 'absent' }
  /** Present but empty or nothing but white space: no role, and no default role either. */
  | { state: 'blank'; key: string }
  | { state: 'set'; key: string; value: string };

/** Reads the role annotation verbatim: a stray newline must reach the check that reports it. */
export function readRoleAnnotation(annotations: Annotations, key: string = ROLE_KEY): RoleAnnotation {
  const value = annotations[key];
  if (value === undefined) return { state: 'absent' };
  if (value.trim() === '') return { state: 'blank', key };
  return { state: 'set', key, value };
}
