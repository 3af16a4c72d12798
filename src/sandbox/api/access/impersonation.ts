// Acting as somebody else, as `kubectl --as` does: the headers, and whether the caller may.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../status.ts';
import type { Store } from '../store/store.ts';
import { type Caller, serviceAccountCaller } from './callers.ts';
import { judge, refusal } from './rbac.ts';

/** Whom the request counts for: the caller, or whom it impersonates. Throws the API's 403. */
export function effectiveCaller(store: Store, caller: Caller, headers: IncomingHttpHeaders): Caller {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string') return caller;
  const asked = [
    { resource: 'users', name },
    ...groupsOf(headers).map((group) => ({ resource: 'groups', name: group })),
  ];
  for (const each of asked) {
    const attributes = { verb: 'impersonate', group: '', subresource: '', namespace: '', ...each };
    if (judge(store, caller, attributes).isAllowed) continue;
    const what = `${each.resource} "${each.name}" is forbidden: ${refusal(caller, attributes)}`;
    throw new ApiError(403, 'Forbidden', what, { name: each.name, kind: each.resource });
  }
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  const groups =
    namespace && account ? serviceAccountCaller(namespace, account).groups : ['system:authenticated'];
  return { name, groups: [...groups, ...groupsOf(headers)] };
}

function groupsOf(headers: IncomingHttpHeaders): string[] {
  const value = headers['impersonate-group'];
  return value === undefined
    ? []
    : Array.isArray(value)
      ? value
      : value.split(',').map((group) => group.trim());
}
