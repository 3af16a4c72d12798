// Amazon Resource Names, and the one place that turns what an annotation says into a role ARN.
// Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html

export interface Arn {
  partition: string;
  service: string;
  region: string;
  account: string;
  /** All that follows the fifth colon, such as `role/team/blue`. */
  resource: string;
}

/** Splits an ARN; null for anything that does not start as one. Checks shape, not existence. */
export function parseArn(text: string): Arn | null {
  const match = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!match) return null;
  const [, partition = '', service = '', region = '', account = '', resource = ''] = match;
  return { partition, service, region, account, resource };
}

export interface RoleArn {
  arn: string;
  partition: string;
  account: string;
  /** With both slashes, `/` for none, such as `/team/`. */
  path: string;
  name: string;
}

// IAM: names are 1 to 64 of [\w+=,.@-]; a path is printable ASCII between slashes, 512 in all.
const namePattern = /^[\w+=,.@-]{1,64}$/;
const pathPattern = /^\/(?:[\x21-\x2e\x30-\x7e]+\/)*$/;
const partitionPattern = /^aws(?:-[a-z]+)*$/;

export const isAccountId = (text: string): boolean => /^\d{12}$/.test(text);

/** Reads a role ARN; null when the text is no well-formed IAM role ARN. */
export function parseRoleArn(text: string): RoleArn | null {
  const arn = parseArn(text);
  if (arn?.service !== 'iam' || arn.region !== '' || !arn.resource.startsWith('role/')) return null;
  if (!partitionPattern.test(arn.partition) || !isAccountId(arn.account)) return null;
  const whole = arn.resource.slice('role'.length);
  const cut = whole.lastIndexOf('/') + 1;
  const path = whole.slice(0, cut);
  const name = whole.slice(cut);
  if (!namePattern.test(name) || !pathPattern.test(path) || path.length > 512) return null;
  return { arn: text, partition: arn.partition, account: arn.account, path, name };
}

/**
 * The role behind a session, without its path: STS drops the path from a session's ARN, so
 * `assumed-role/blue/…` may be `role/blue` or `role/team/blue`; only IAM can tell.
 */
export function parseSessionArn(
  text: string,
): { partition: string; account: string; roleName: string; sessionName: string } | null {
  const arn = parseArn(text);
  if (arn?.service !== 'sts') return null;
  const match = /^assumed-role\/([^/]+)\/([^/]+)$/.exec(arn.resource);
  if (!match) return null;
  return { partition: arn.partition, account: arn.account, roleName: match[1]!, sessionName: match[2]! };
}

/** Whether a session belongs to a role, as far as a session ARN can say (it has lost the path). */
export function isSessionOf(sessionArn: string, role: RoleArn): boolean {
  const session = parseSessionArn(sessionArn);
  return (
    session !== null &&
    session.partition === role.partition &&
    session.account === role.account &&
    session.roleName === role.name
  );
}

/** `arn:aws:iam::1:role/` → the same with a slash at its end; null when it is no base of role ARNs. */
export function normaliseBaseArn(text: string): string | null {
  const base = text.endsWith('/') ? text : `${text}/`;
  return parseRoleArn(`${base}x`) ? base : null;
}

export type RoleResolution = { ok: true; role: RoleArn } | { ok: false; why: string };

/**
 * Turns an annotation's value (name, path/name or ARN) into a role ARN, as the daemon does it.
 * @param baseArn ends in a slash, such as `arn:aws:iam::111122223333:role/`; null when none is known
 */
export function resolveRole(value: string, baseArn: string | null): RoleResolution {
  if (/[\n\r]/.test(value)) return { ok: false, why: 'it holds a line break' };
  if (/\s/.test(value)) return { ok: false, why: 'it holds white space' };
  if (/["']/.test(value)) return { ok: false, why: 'it holds quotation marks' };
  // IAM would allow them, but no client could ask for the role by its path.
  if (/(?:^|\/)\.{1,2}\//.test(value)) return { ok: false, why: 'its path holds a "." or ".." of its own' };
  if (/^arn:/i.test(value)) {
    const role = parseRoleArn(value);
    return role
      ? { ok: true, role }
      : { ok: false, why: `it is not the ARN of an IAM role: ${arnFault(value)}` };
  }
  if (value === '') return { ok: false, why: 'it is empty' };
  if (baseArn === null)
    return { ok: false, why: 'it is a bare name and no base ARN is known (--base-role-arn)' };
  const role = parseRoleArn(baseArn + value.replace(/^\/+/, ''));
  return role
    ? { ok: true, role }
    : { ok: false, why: `"${value}" is not a role name: letters, digits and +=,.@_- only, 64 at most` };
}

function arnFault(text: string): string {
  if (!text.startsWith('arn:')) return 'an ARN starts with "arn:" in lower case';
  const arn = parseArn(text);
  if (!arn) return 'an ARN has six parts divided by colons';
  if (!partitionPattern.test(arn.partition)) return `there is no partition "${arn.partition}"`;
  if (arn.service !== 'iam') return `its service is "${arn.service}", not "iam"`;
  if (arn.region !== '') return 'IAM ARNs name no region';
  if (!isAccountId(arn.account)) return `its account "${arn.account}" is not 12 digits`;
  if (arn.resource.startsWith('instance-profile/'))
    return 'an instance profile is not a role; use the role inside it';
  if (!arn.resource.startsWith('role/')) return `it names "${arn.resource.split('/')[0]}", not a role`;
  const name = arn.resource.slice(arn.resource.lastIndexOf('/') + 1);
  if (name === '') return 'it ends in a slash, where the role name should be';
  if (name.length > 64) return 'its role name is longer than 64 characters';
  return 'its role name or path holds characters that IAM does not allow';
}

/** Whether Identity Center makes roles of this name, which are all under /aws-reserved/sso.amazonaws.com/. */
export const isReservedName = (roleName: string): boolean => roleName.startsWith('AWSReservedSSO_');
