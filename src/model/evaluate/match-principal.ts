// Whether an entry of Principal means the caller, and by which route. The route matters: naming the
// caller grants by itself inside an account, naming its account only delegates.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
import type { Principal, Statement } from '../policy/types.ts';
import { type Caller, isInAccount } from './caller.ts';
import type { Truth } from './truth.ts';

export type Route = 'name' | 'account' | 'everyone' | 'service' | 'provider';

export interface PrincipalMatch {
  truth: Truth;
  /** Null when it does not match. */
  route: Route | null;
  why: string;
  /** What would decide an unknown match; empty otherwise. */
  needs: string[];
}

/** The best match of a statement's principals: by name before by account, known before unknown. */
export function matchPrincipals(statement: Statement, caller: Caller): PrincipalMatch {
  let best: PrincipalMatch | null = null;
  for (const principal of statement.principals) {
    const match = matchPrincipal(principal, caller, statement.effect);
    if (best === null || rank(match) > rank(best)) best = match;
  }
  if (best && best.truth !== false) return best;
  const { principals } = statement;
  const named = principals.length === 1 ? principals[0]!.text : `${principals.length} principals`;
  return no(`it names ${named}, ${principals.length === 1 ? 'not the caller' : 'none of them the caller'}`);
}

const rank = ({ truth, route }: PrincipalMatch): number => {
  if (truth === false) return 0;
  if (truth === 'unknown') return 1;
  return route === 'account' ? 2 : 3;
};

const yes = (route: Route, why: string): PrincipalMatch => ({ truth: true, route, why, needs: [] });
const no = (why: string): PrincipalMatch => ({ truth: false, route: null, why, needs: [] });
const maybe = (why: string, need: string): PrincipalMatch => ({
  truth: 'unknown',
  route: 'name',
  why,
  needs: [need],
});

function matchPrincipal(
  { names, text }: Principal,
  caller: Caller,
  effect: 'Allow' | 'Deny',
): PrincipalMatch {
  switch (names.kind) {
    case 'everyone':
      // A service or a token is no AWS identity; a Deny is read as widely as its words go.
      return isInAccount(caller) || effect === 'Deny' ? yes('everyone', 'it names everyone') : no('');
    case 'account':
      return isInAccount(caller) &&
        caller.account === names.account &&
        (names.partition === null || names.partition === caller.partition)
        ? yes('account', `it names the caller's account ${names.account}`)
        : no('');
    case 'role':
      return matchRole(names, caller);
    case 'session':
      return matchSession(names, caller);
    case 'user':
    case 'federated-user':
      return caller.kind === names.kind && caller.text === text
        ? yes('name', `it names the caller ${text}`)
        : no('');
    case 'service':
      return caller.kind === 'service' && caller.text === text
        ? yes('service', `it names the service ${text}`)
        : no('');
    case 'oidc':
    case 'saml':
      return caller.kind === names.kind && caller.text === text
        ? yes('provider', `it names the provider ${text}`)
        : no('');
    case 'unique-id':
      return no('');
  }
}

function matchRole(
  names: { arn: string; partition: string; account: string; path: string; name: string },
  caller: Caller,
): PrincipalMatch {
  if (caller.kind !== 'role' && caller.kind !== 'session') return no('');
  const named = yes('name', `it names the caller's role ${names.arn}`);
  if (caller.roleArn !== null) return caller.roleArn === names.arn ? named : no('');
  const isSameName =
    caller.partition === names.partition &&
    caller.account === names.account &&
    caller.roleName === names.name;
  if (!isSameName) return no('');
  // Role names are unique in an account whatever their path, so a name without one is this role.
  if (names.path === '/') return named;
  return maybe(
    `it names ${names.arn}, and a session's ARN does not tell the path of its role`,
    `the ARN of the caller's role with its path: is it ${names.arn}?`,
  );
}

function matchSession(
  names: { arn: string; partition: string; account: string; roleName: string; sessionName: string },
  caller: Caller,
): PrincipalMatch {
  if (caller.kind === 'session')
    return caller.text === names.arn ? yes('name', `it names the caller's session ${names.arn}`) : no('');
  const isItsRole =
    caller.kind === 'role' &&
    caller.partition === names.partition &&
    caller.account === names.account &&
    caller.roleName === names.roleName;
  if (!isItsRole) return no('');
  return maybe(
    `it names the one session ${names.arn} of the caller's role`,
    `the name of the caller's session: is it ${names.sessionName}?`,
  );
}
