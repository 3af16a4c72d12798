// Who asks STS for a role: reads the ARN, account id or service name that stands for the caller.
import { parseArn, parseRoleArn, parseSessionArn } from '../arn.ts';
import { readPrincipal } from '../policy/principal.ts';

interface InAccount {
  /** As given. */
  text: string;
  partition: string;
  account: string;
}

export type Caller =
  | ({ kind: 'role'; roleArn: string; roleName: string } & InAccount)
  /** `roleArn` is null while the path is not known: a session's ARN has lost it. */
  | ({ kind: 'session'; roleArn: string | null; roleName: string; sessionName: string } & InAccount)
  | ({ kind: 'user'; userName: string } & InAccount)
  | ({ kind: 'federated-user' } & InAccount)
  | ({ kind: 'root' } & InAccount)
  | { kind: 'service'; text: string }
  /** `account` is null for the providers that every account has. */
  | { kind: 'oidc'; text: string; issuer: string; account: string | null }
  | { kind: 'saml'; text: string; account: string };

/**
 * Reads a caller; null when the text names none.
 * @param roleArn the role of a session caller, with its path, when that is known
 */
export function parseCaller(text: string, roleArn: string | null = null): Caller | null {
  if (!text.includes(':') && !/^\d+$/.test(text)) {
    const federated = readPrincipal('Federated', text);
    if (federated.ok && federated.names.kind === 'oidc')
      return { kind: 'oidc', text, issuer: text, account: null };
    const service = readPrincipal('Service', text);
    return service.ok && /\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal|amazonaws\.eu)$/.test(text)
      ? { kind: 'service', text }
      : null;
  }
  if (/:(?:oidc|saml)-provider\//.test(text)) return parseProvider(text);
  const reading = readPrincipal('AWS', text);
  if (!reading.ok) return null;
  const { names } = reading;
  switch (names.kind) {
    case 'account':
      return { kind: 'root', text, partition: names.partition ?? 'aws', account: names.account };
    case 'role':
      return {
        kind: 'role',
        text,
        partition: names.partition,
        account: names.account,
        roleArn: text,
        roleName: names.name,
      };
    case 'session':
      return { ...names, text, roleArn: roleOfSession(text, roleArn) };
    case 'user':
      return { ...names, text, userName: parseArn(text)!.resource.split('/').at(-1)! };
    case 'federated-user':
      return { ...names, text };
    default:
      return null;
  }
}

/** Whether a trust policy can name an identity that daemons told of: a role, a session of one, or a user. */
export const canBeNamed = (arn: string): boolean =>
  ['role', 'user', 'session'].includes(parseCaller(arn)?.kind ?? '');

/** Whether the caller is an AWS principal, with an account and policies of its own. */
export const isInAccount = (caller: Caller): caller is Caller & InAccount => 'partition' in caller;

function parseProvider(text: string): Caller | null {
  const reading = readPrincipal('Federated', text);
  if (!reading.ok) return null;
  const { names } = reading;
  if (names.kind === 'oidc') return { kind: 'oidc', text, issuer: names.issuer, account: names.account };
  return names.kind === 'saml' ? { kind: 'saml', text, account: names.account } : null;
}

/** A role ARN that is not the session's is ignored: it says nothing of its path. */
function roleOfSession(sessionArn: string, roleArn: string | null): string | null {
  const role = roleArn === null ? null : parseRoleArn(roleArn);
  const session = parseSessionArn(sessionArn);
  if (!role || !session || role.name !== session.roleName) return null;
  return role.account === session.account && role.partition === session.partition ? role.arn : null;
}
