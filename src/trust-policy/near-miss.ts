// The principal of a document that was probably meant to be another one: what people mistype.
import { parseRoleArn, type RoleArn } from '../model/arn.ts';
import { nearestName } from '../model/nearest.ts';
import type { Policy, Principal } from '../model/policy.ts';

export interface NearMiss {
  at: Principal;
  /** A clause such as `arn:…:role/kops/node differs from it in the path`. */
  text: string;
}

interface Named {
  at: Principal;
  account: string;
  /** Null for a session, whose ARN has lost it. */
  path: string | null;
  name: string;
}

/** @param wanted ARN of the role that should have been named; null for users and when nothing comes near */
export function nearMiss(wanted: string, policy: Policy): NearMiss | null {
  const role = parseRoleArn(wanted);
  if (!role) return null;
  const named = policy.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ principals }) => principals.flatMap((principal) => readNamed(principal) ?? []));
  const near = nearestName(
    role.name,
    named.filter(({ account }) => account === role.account).map(({ name }) => name),
  );
  for (const { isIt, words } of MISSES) {
    const found = named.find((one) => isIt(one, role, near));
    if (found) return { at: found.at, text: `${found.at.text} ${words}` };
  }
  return null;
}

function readNamed(at: Principal): Named | null {
  const { names } = at;
  if (names.kind === 'role') return { at, account: names.account, path: names.path, name: names.name };
  return names.kind === 'session' ? { at, account: names.account, path: null, name: names.roleName } : null;
}

/** The likelier first. */
const MISSES: readonly {
  words: string;
  isIt(one: Named, role: RoleArn, near: string | null): boolean;
}[] = [
  {
    words: 'is one session of the role',
    isIt: (one, role) => one.account === role.account && one.name === role.name && one.path === null,
  },
  {
    words: 'differs from it in the path',
    isIt: (one, role) => one.account === role.account && one.name === role.name,
  },
  {
    words: 'differs from it in the account',
    isIt: (one, role) => one.name === role.name,
  },
  {
    words: 'differs from it in upper and lower case',
    isIt: (one, role) => one.account === role.account && one.name.toLowerCase() === role.name.toLowerCase(),
  },
  {
    words: 'is similar',
    isIt: (one, role, near) => one.account === role.account && one.name === near,
  },
];
