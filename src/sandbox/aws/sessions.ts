// The temporary keys that were handed out, and who a key belongs to.
import { randomBytes } from 'node:crypto';
import type { SigningKey } from './sigv4.ts';
import { type AwsRole, type AwsState, type AwsUser, base32, userArn } from './state.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAtMs: number;
}

/** What was said when the role was assumed; later calls of the session are judged by it. */
export interface SessionFacts {
  tags: Record<string, string>;
  transitiveTagKeys: string[];
  sourceIdentity: string | null;
}

export type Caller =
  | { kind: 'user'; account: string; arn: string; userId: string; user: AwsUser }
  | { kind: 'session'; account: string; arn: string; userId: string; role: AwsRole; facts: SessionFacts };

export type CallerKey = SigningKey & { caller: Caller };

export interface Sessions {
  /** Starts a session of a role without asking anyone; expires in whole seconds. */
  issue(
    role: AwsRole,
    sessionName: string,
    durationSeconds: number,
    facts?: SessionFacts,
  ): {
    credentials: Credentials;
    caller: Caller;
  };
  /** The key of a user of the state or of a session issued before. */
  findKey(accessKeyId: string): CallerKey | undefined;
}

const noFacts: SessionFacts = { tags: {}, transitiveTagKeys: [], sourceIdentity: null };

export function keepSessions(state: AwsState, now: () => number): Sessions {
  const issued = new Map<string, CallerKey>();

  return {
    issue(role, sessionName, durationSeconds, facts = noFacts) {
      const credentials = {
        accessKeyId: `ASIA${base32(randomBytes(16))}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(270).toString('base64'),
        expiresAtMs: (Math.floor(now() / 1000) + durationSeconds) * 1000,
      };
      const caller: Caller = {
        kind: 'session',
        account: role.account,
        arn: `arn:${state.partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
        userId: `${role.roleId}:${sessionName}`,
        role,
        facts,
      };
      const { accessKeyId, secretAccessKey: secret, sessionToken, expiresAtMs } = credentials;
      issued.set(accessKeyId, { secret, sessionToken, expiresAtMs, caller });
      return { credentials, caller };
    },
    findKey(accessKeyId) {
      return issued.get(accessKeyId) ?? userKey(state, accessKeyId);
    },
  };
}

function userKey(state: AwsState, accessKeyId: string): CallerKey | undefined {
  for (const user of state.users) {
    const key = user.keys.find(({ id }) => id === accessKeyId);
    if (!key) continue;
    const caller: Caller = {
      kind: 'user',
      account: user.account,
      arn: userArn(state, user),
      userId: user.userId,
      user,
    };
    return { secret: key.secret, sessionToken: null, expiresAtMs: null, caller };
  }
  return undefined;
}

/** The caller's own identity policies, as JSON texts. */
export const policiesOfCaller = (caller: Caller): string[] =>
  caller.kind === 'user' ? Object.values(caller.user.policies) : policiesOfRole(caller.role);

/** Inline and managed ones; the boundary is none, it only takes away. */
export const policiesOfRole = ({ policies, attached }: AwsRole): string[] => [
  ...Object.values(policies),
  ...Object.values(attached),
];
