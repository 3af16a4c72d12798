// Reads one entry of Principal: whom it names, or why IAM refuses it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
import { isAccountId, parseArn, parseRoleArn, parseSessionArn } from '../arn.ts';
import { isPlaceholder } from './placeholder.ts';
import type { PrincipalKind, PrincipalType } from './types.ts';

export interface PrincipalFault {
  code: 'TP004' | 'TP009' | 'TP012' | 'TP013' | 'TP015' | 'TP030' | 'TP035';
  message: string;
  hint: string | null;
}

export type PrincipalReading = { ok: true; names: PrincipalKind } | ({ ok: false } & PrincipalFault);

/** OIDC providers that IAM knows by name, without a provider object. */
const BUILT_IN_PROVIDERS = [
  'accounts.google.com',
  'www.amazon.com',
  'graph.facebook.com',
  'cognito-identity.amazonaws.com',
  'cognito-identity-us-gov.amazonaws.com',
];

/** Reads an entry such as `{"AWS": "arn:aws:iam::111122223333:role/node"}`. */
export function readPrincipal(type: PrincipalType, text: string): PrincipalReading {
  if (type === 'Service') return readService(text);
  return type === 'AWS' ? readAws(text) : readFederated(text);
}

const names = (kind: PrincipalKind): PrincipalReading => ({ ok: true, names: kind });
const fault = (
  code: PrincipalFault['code'],
  message: string,
  hint: string | null = null,
): PrincipalReading => ({
  ok: false,
  code,
  message,
  hint,
});

/** What IAM shows of a principal that was deleted. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export const isUniqueId = (text: string): boolean => /^A(?:ROA|IDA|GPA|IPA|NPA|SCA)[A-Z0-9]{12,}$/.test(text);

function readAws(text: string): PrincipalReading {
  if (text === '*') return names({ kind: 'everyone' });
  if (isAccountId(text)) return names({ kind: 'account', partition: null, account: text });
  if (isUniqueId(text)) return names({ kind: 'unique-id', id: text });
  if (isPlaceholder(text)) return fault('TP015', `"${text}" is a placeholder that was never filled in`);
  const arn = parseArn(text);
  if (!arn) {
    if (/^[\d-]+$/.test(text)) return fault('TP015', `the account id "${text}" is not 12 digits`);
    if (/[*?]/.test(text)) return wildcard(text);
    return fault('TP004', `"${text}" is no ARN, account id or "*"`);
  }
  if (/[*?]/.test(text)) return wildcard(text);
  if (arn.partition === '' || !/^aws(?:-[a-z]+)*$/.test(arn.partition))
    return fault('TP004', `"${text}" has no partition such as "aws" after "arn:"`);
  if (arn.service !== 'iam' && arn.service !== 'sts')
    return fault('TP004', `"${text}" is an ARN of ${arn.service || 'no service'}, which is no principal`);
  if (arn.region !== '') return fault('TP004', `"${text}" names a region, and principals have none`);
  if (!isAccountId(arn.account))
    return fault('TP015', `the account id "${arn.account}" in "${text}" is not 12 digits`);
  return arn.service === 'iam' ? readIamArn(text, arn) : readStsArn(text, arn);
}

type Account = { partition: string; account: string; resource: string };

function readIamArn(text: string, { partition, account, resource }: Account): PrincipalReading {
  if (resource === 'root') return names({ kind: 'account', partition, account });
  const [type = '', ...rest] = resource.split('/');
  switch (type) {
    case 'role': {
      const role = parseRoleArn(text);
      return role
        ? names({ kind: 'role', arn: text, partition, account, path: role.path, name: role.name })
        : fault('TP004', `"${text}" is no well-formed role ARN`, null);
    }
    case 'user':
      return rest.every((part) => part !== '') && /^[\w+=,.@-]{1,64}$/.test(rest.at(-1) ?? '')
        ? names({ kind: 'user', arn: text, partition, account })
        : fault('TP004', `"${text}" names no user`);
    case 'group':
      return fault(
        'TP012',
        `"${text}" is a group, and a group cannot be a principal`,
        'name a role, or the users one by one',
      );
    case 'instance-profile':
      return fault(
        'TP013',
        `"${text}" is an instance profile, and an instance profile cannot be a principal`,
        `name the role inside the profile, often arn:${partition}:iam::${account}:role/${rest.at(-1) ?? 'NAME'}`,
      );
    case 'assumed-role':
      return fault(
        'TP004',
        `"${text}" is no ARN: sessions belong to the service sts`,
        text.replace(':iam:', ':sts:'),
      );
    case 'oidc-provider':
    case 'saml-provider':
      return fault('TP004', `"${text}" is an identity provider`, 'move it from "AWS" to "Federated"');
    default:
      return fault('TP004', `"${text}" names "${type}", which is neither root, a role nor a user`);
  }
}

function readStsArn(text: string, { partition, account, resource }: Account): PrincipalReading {
  const session = parseSessionArn(text);
  if (session) {
    const { roleName, sessionName } = session;
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    if (!/^[\w+=,.@-]{1,64}$/.test(sessionName))
      return fault(
        'TP004',
        `"${text}" names no session: its name has at most 64 letters, digits and +=,.@_-`,
        `name the role: arn:${partition}:iam::${account}:role/${roleName}`,
      );
    return names({ kind: 'session', arn: text, partition, account, roleName, sessionName });
  }
  if (/^federated-user\/[\w+=,.@-]{1,32}$/.test(resource))
    return names({ kind: 'federated-user', arn: text, partition, account });
  if (/^role\//.test(resource))
    return fault(
      'TP004',
      `"${text}" is no ARN: roles belong to the service iam`,
      text.replace(':sts:', ':iam:'),
    );
  return fault(
    'TP004',
    `"${text}" is no session: it must read assumed-role/ROLE/SESSION`,
    /^assumed-role\/[^/]+$/.test(resource)
      ? `arn:${partition}:iam::${account}:${resource.replace('assumed-role', 'role')}`
      : null,
  );
}

function wildcard(text: string): PrincipalReading {
  const account = /^arn:[^:]*:[^:]*::(\d{12}):/.exec(text)?.[1];
  return fault(
    'TP009',
    `"${text}" holds a wildcard, and IAM takes none inside a principal`,
    account === undefined
      ? 'name each principal in full'
      : `name the account's root and narrow it with "ArnLike": {"aws:PrincipalArn": "${text.replace(/^arn:([^:]*):sts::(\d{12}):assumed-role\/([^/]+)\/.*$/, 'arn:$1:iam::$2:role/$3')}"}`,
  );
}

function readService(text: string): PrincipalReading {
  if (/[*?]/.test(text)) return fault('TP009', `the service "${text}" holds a wildcard`, 'name each service');
  if (!/^[\w-]+(?:\.[\w-]+)+$/.test(text))
    return fault('TP035', `"${text}" is no service principal`, serviceHint(text));
  return names({ kind: 'service', service: text });
}

/** The name without what a URL or a blank adds, or with the domain that a bare name lacks. */
function serviceHint(text: string): string | null {
  if (/^(?:arn:|\d{12}$)/.test(text)) return 'move it from "Service" to "AWS"';
  const bare = text.trim().replace(/^https?:\/\/|\/+$/g, '');
  if (/^[\w-]+(?:\.[\w-]+)+$/.test(bare)) return bare;
  return /^[a-z][a-z\d-]*$/.test(bare) ? `${bare}.amazonaws.com` : 'it reads like ec2.amazonaws.com';
}

function readFederated(text: string): PrincipalReading {
  if (BUILT_IN_PROVIDERS.includes(text))
    return names({ kind: 'oidc', provider: text, issuer: text, account: null, partition: null });
  if (isPlaceholder(text)) return fault('TP015', `"${text}" holds a placeholder that was never filled in`);
  if (/[*?]/.test(text))
    return fault('TP009', `the provider "${text}" holds a wildcard`, 'name one provider in full');
  const arn = parseArn(text);
  if (!arn) {
    const issuer = text.replace(/^https?:\/\//, '');
    return fault(
      'TP004',
      `"${text}" is no ARN of an identity provider`,
      `arn:aws:iam::ACCOUNT:oidc-provider/${issuer}`,
    );
  }
  const { partition, account, resource } = arn;
  if (arn.service !== 'iam' || arn.region !== '' || !/^(?:oidc|saml)-provider\/./.test(resource)) {
    const elsewhere = /^(?:role|user)\/|^root$/.test(resource) ? 'move it from "Federated" to "AWS"' : null;
    return fault('TP004', `"${text}" is no identity provider`, elsewhere);
  }
  if (!isAccountId(account))
    return fault('TP015', `the account id "${account}" in "${text}" is not 12 digits`);
  const name = resource.slice(resource.indexOf('/') + 1);
  if (resource.startsWith('saml-')) return names({ kind: 'saml', provider: text, account, partition });
  if (/^https?:/.test(name))
    return fault('TP030', `"${text}" holds the scheme of the issuer's URL`, text.replace(/https?:\/*/, ''));
  return names({ kind: 'oidc', provider: text, issuer: name, account, partition });
}
