// Whether an entry of Principal means the caller, and by which route. The route matters: naming the
// caller grants by itself inside an account, naming its role within the role's limits, and naming its
// account only delegates.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

import { isReservedName } from '../arn.ts';
import type { Principal, Statement } from '../policy/types.ts';
import { type Caller, isInAccount } from './caller.ts';
import { anyOf, type Truth } from './truth.ts';

/** `name` is that of a user or of one session, `role` that of the role whose session calls. */
export type Route = 'name' | 'role' | 'account' | 'everyone' | 'service' | 'provider';

/** What the principals of a statement make of the caller. */
export interface Means {
  /** The caller itself: by name, as everyone, as this service or provider. */
  direct: Truth;
  /** The caller's role, whose permissions boundary and session policies limit what it is given. */
  asRole: Truth;
  /** The caller's account, which then has the last word. */
  delegated: Truth;
}

export interface PrincipalsMatch extends Means {
  /** Of what matches for sure, else of what may; null when nothing does. */
  route: Route | null;
  why: string;
  /** What would decide an unknown match; empty otherwise. */
  needs: string[];
}

interface EntryMatch {
  truth: Truth;
  route: Route;
  why: string;
  need: string | null;
}

/** Whether a statement's principals name the caller, by each of the ways in which they can. */
export function matchPrincipals(statement: Statement, caller: Caller): PrincipalsMatch {
  const matches = statement.principals.flatMap(
    (principal) => matchPrincipal(principal, caller, statement.effect) ?? [],
  );
  const of = (means: keyof Means): EntryMatch[] => matches.filter(({ route }) => meaningOf(route) === means);
  const truthOf = (entries: EntryMatch[]): Truth => anyOf(entries.map(({ truth }) => truth));
  const named = [...of('direct'), ...of('asRole')];
  // A match by name says more than one by account, and a sure one more than one that may be.
  const sure = named.find(({ truth }) => truth === true) ?? of('delegated')[0];
  const open = truthOf(named) === 'unknown' ? named : [];
  const told = [...(sure ? [sure] : []), ...open];
  return {
    direct: truthOf(of('direct')),
    asRole: truthOf(of('asRole')),
    delegated: truthOf(of('delegated')),
    route: told[0]?.route ?? null,
    why: told.length === 0 ? nobody(statement) : told.map(({ why }) => why).join('; '),
    needs: open.flatMap(({ need }) => need ?? []),
  };
}

function meaningOf(route: Route): keyof Means {
  if (route === 'account') return 'delegated';
  return route === 'role' ? 'asRole' : 'direct';
}

function nobody({ principals }: Statement): string {
  if (principals.length === 0) return 'it names nobody';
  return principals.length === 1
    ? `it names ${principals[0]!.text}, not the caller`
    : `it names ${principals.length} principals, none of them the caller`;
}

const yes = (route: Route, why: string): EntryMatch => ({ truth: true, route, why, need: null });
const maybe = (route: Route, why: string, need: string): EntryMatch => ({
  truth: 'unknown',
  route,
  why,
  need,
});

/** Null when it does not match. */
function matchPrincipal(
  { names, text }: Principal,
  caller: Caller,
  effect: 'Allow' | 'Deny',
): EntryMatch | null {
  switch (names.kind) {
    case 'everyone':
      // A service or a token is no AWS identity; a Deny is read as widely as its words go.
      return isInAccount(caller) || effect === 'Deny' ? yes('everyone', 'it names everyone') : null;
    case 'account':
      return isInAccount(caller) &&
        caller.account === names.account &&
        (names.partition === null || names.partition === caller.partition)
        ? yes('account', `it names the caller's account ${names.account}`)
        : null;
    case 'role':
      return matchRole(names, caller);
    case 'session':
      return matchSession(names, caller);
    case 'user':
    case 'federated-user':
      return caller.kind === names.kind && caller.text === text
        ? yes('name', `it names the caller ${text}`)
        : null;
    case 'service':
      return caller.kind === 'service' && caller.text === text
        ? yes('service', `it names the service ${text}`)
        : null;
    case 'oidc':
    case 'saml':
      return caller.kind === names.kind && caller.text === text
        ? yes('provider', `it names the provider ${text}`)
        : null;
    case 'unique-id':
      return null;
  }
}

function matchRole(
  names: { arn: string; partition: string; account: string; path: string; name: string },
  caller: Caller,
): EntryMatch | null {
  if (caller.kind !== 'role' && caller.kind !== 'session') return null;
  const named = yes('role', `it names the caller's role ${names.arn}`);
  if (caller.roleArn !== null) return caller.roleArn === names.arn ? named : null;
  const isSameName =
    caller.partition === names.partition &&
    caller.account === names.account &&
    caller.roleName === names.name;
  if (!isSameName) return null;
  // Role names are unique in an account whatever their path, so a name without one is this role.
  if (names.path === '/') return isReservedName(names.name) ? null : named;
  return maybe(
    'role',
    `it names ${names.arn}, and a session's ARN does not tell the path of its role`,
    `the ARN of the caller's role with its path: is it ${names.arn}?`,
  );
}

function matchSession(
  names: { arn: string; partition: string; account: string; roleName: string; sessionName: string },
  caller: Caller,
): EntryMatch | null {
  if (caller.kind === 'session')
    return caller.text === names.arn ? yes('name', `it names the caller's session ${names.arn}`) : null;
  const isItsRole =
    caller.kind === 'role' &&
    caller.partition === names.partition &&
    caller.account === names.account &&
    caller.roleName === names.roleName;
  if (!isItsRole) return null;
  return maybe(
    'name',
    `it names the one session ${names.arn} of the caller's role`,
    `the name of the caller's session: is it ${names.sessionName}?`,
  );
}
