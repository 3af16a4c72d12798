// What is known of a request, by condition key. A request parameter that was not given was not sent,
// so it is absent; a fact of the world that was not given (an address, an organisation) is unknown.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
import { type Caller, isInAccount } from './caller.ts';

export type KeyFact =
  | {
      state: 'known';
      values: readonly string[];
      /** Set when the value is a role ARN whose path is only assumed to be empty. */
      assumedPath: { before: string; name: string } | null;
    }
  /** Present, and known by its end alone. */
  | { state: 'ending'; ending: string }
  | { state: 'absent' }
  | { state: 'unknown' };

export interface Facts {
  lookup(key: string): KeyFact;
}

const ABSENT: KeyFact = { state: 'absent' };
const UNKNOWN: KeyFact = { state: 'unknown' };
const known = (...values: string[]): KeyFact => ({ state: 'known', values, assumedPath: null });

export interface FactSources {
  caller: Caller;
  /** Values by key; an empty list says that the key is absent. Keys ignore case. */
  context: Readonly<Record<string, readonly string[]>>;
  /** The account of the role, when known. */
  roleAccount: string | null;
  /** True when all that is not in the context is known to be absent. */
  isComplete: boolean;
  /** True when request parameters that are not in the context are unknown rather than absent. */
  parametersAreUnknown?: boolean;
}

/** Looks up condition keys, in any case: what was given, else what follows from caller and role, else unknown or absent. */
export function factsOf({
  caller,
  context,
  roleAccount,
  isComplete,
  parametersAreUnknown,
}: FactSources): Facts {
  const given = new Map<string, KeyFact>();
  for (const [key, values] of Object.entries(context))
    given.set(key.toLowerCase(), values.length === 0 ? ABSENT : known(...values));
  return {
    lookup(key) {
      const folded = key.toLowerCase();
      return (
        given.get(folded) ??
        callerFact(folded, caller) ??
        (folded === 'aws:resourceaccount' && roleAccount !== null ? known(roleAccount) : null) ??
        (isComplete || (!parametersAreUnknown && isRequestParameter(folded)) || isForeignClaim(folded, caller)
          ? ABSENT
          : UNKNOWN)
      );
    },
  };
}

function callerFact(key: string, caller: Caller): KeyFact | null {
  switch (key) {
    case 'aws:principalarn':
      return principalArn(caller);
    case 'aws:principalaccount':
      return isInAccount(caller) ? known(caller.account) : ABSENT;
    case 'aws:principaltype':
      return principalType(caller);
    case 'aws:username':
      return caller.kind === 'user' ? known(caller.userName) : ABSENT;
    case 'aws:userid':
      return caller.kind === 'session' ? { state: 'ending', ending: `:${caller.sessionName}` } : null;
    case 'aws:principalisawsservice':
      // Only signed requests carry it, and those with a token or an assertion are not.
      return isInAccount(caller) || caller.kind === 'service'
        ? known(String(caller.kind === 'service'))
        : ABSENT;
    case 'aws:principalservicename':
      return caller.kind === 'service' ? known(caller.text) : ABSENT;
    case 'saml:doc':
      return caller.kind === 'saml' ? known(`${caller.account}/${caller.text.split('/').at(-1)}`) : null;
    case 'aws:sourcearn':
    case 'aws:sourceaccount':
    case 'aws:sourceorgid':
    case 'aws:sourceorgpaths':
      // Only set when a service acts for a resource.
      return caller.kind === 'service' ? null : ABSENT;
    case 'aws:sourceidentity':
    case 'aws:federatedprovider':
      // Of the sessions of roles; a user has neither.
      return caller.kind === 'user' ? ABSENT : null;
    default:
      return isInAccount(caller) || !isOfPrincipal(key) || isOfCertificate(key, caller) ? null : ABSENT;
  }
}

/**
 * Roles Anywhere tells of a certificate as of tags of the caller.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
 */
const isOfCertificate = (key: string, caller: Caller): boolean =>
  caller.kind === 'service' &&
  caller.text.startsWith('rolesanywhere.') &&
  key.startsWith('aws:principaltag/x509');

/** Neither services nor whoever brings a token or an assertion belong to an organisation, or have tags. */
const isOfPrincipal = (key: string): boolean =>
  key === 'aws:principalorgid' || key === 'aws:principalorgpaths' || key.startsWith('aws:principaltag/');

function principalArn(caller: Caller): KeyFact {
  switch (caller.kind) {
    case 'role':
      return known(caller.roleArn);
    case 'session': {
      if (caller.roleArn !== null) return known(caller.roleArn);
      const before = `arn:${caller.partition}:iam::${caller.account}`;
      const value = `${before}:role/${caller.roleName}`;
      return { state: 'known', values: [value], assumedPath: { before, name: caller.roleName } };
    }
    case 'root':
      return known(`arn:${caller.partition}:iam::${caller.account}:root`);
    case 'user':
    case 'federated-user':
      return known(caller.text);
    default:
      return ABSENT;
  }
}

function principalType(caller: Caller): KeyFact {
  switch (caller.kind) {
    case 'role':
    case 'session':
      return known('AssumedRole');
    case 'user':
      return known('User');
    case 'federated-user':
      return known('FederatedUser');
    case 'root':
      return known('Account');
    default:
      return ABSENT;
  }
}

const PARAMETERS = [
  'sts:externalid',
  'sts:rolesessionname',
  'sts:sourceidentity',
  'sts:transitivetagkeys',
  'sts:durationseconds',
  'sts:requestcontextproviders',
  'aws:tagkeys',
];

const isRequestParameter = (key: string): boolean =>
  PARAMETERS.includes(key) || key.startsWith('aws:requesttag/') || key.startsWith('sts:requestcontext/');

/** Claims of a token or assertion (keys with a host or `saml` before the colon) that the request lacks. */
function isForeignClaim(key: string, caller: Caller): boolean {
  const cut = key.lastIndexOf(':');
  const [prefix, claim] = [key.slice(0, cut), key.slice(cut + 1)];
  // A session that a token or an assertion began keeps some of its claims, and may be the caller's.
  const isKept =
    (caller.kind === 'role' || caller.kind === 'session') &&
    (prefix === 'saml' ? KEPT_OF_SAML : KEPT_OF_OIDC).includes(claim);
  if (prefix === 'saml') return caller.kind !== 'saml' && !isKept;
  if (/^https?:\/\//.test(prefix)) return true;
  if (!/^[\w-]+\./.test(prefix)) return false;
  // Another provider's claims are not in this provider's token.
  return caller.kind === 'oidc' ? caller.issuer.toLowerCase() !== prefix : !isKept;
}

const KEPT_OF_OIDC = ['amr', 'aud', 'sub', 'app_id', 'id', 'user_id'];
const KEPT_OF_SAML = ['sub', 'sub_type', 'namequalifier'];
