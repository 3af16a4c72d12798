// The daemon's calls to STS, with one shared client: AssumeRole for the pods, and GetCallerIdentity
// to know whose trust the roles must have.
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { steadyMs } from '../clock.ts';
import { withAttempts } from './attempts.ts';
import { explainFailure } from './explain-failure.ts';
import type { Gate } from './gate.ts';
import type { OwnCredentials, OwnSource } from './own.ts';
import type { Credentials, Identity } from './types.ts';
import type { Issue } from './vault.ts';

export interface StsSettings {
  endpoint: string | null;
  /** Asked before each call; throws when no region can be told. */
  region: () => Promise<string>;
  gate: Gate;
  /** The daemon's caller ARN; null while it is not known. */
  ownArn: () => string | null;
  onCall: (outcome: string, ms: number) => void;
}

export interface Sts {
  issue: Issue;
  /** @throws CredentialFailure */
  caller(): Promise<string>;
  exchange(roleArn: string, sessionName: string, token: string): Promise<OwnCredentials>;
  close(): void;
}

const CONNECT_MS = 1_000;
const ANSWER_MS = 5_000;
const SOCKETS = 64;
/** A role session may not ask for more: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
export const CHAINED_SECONDS = 3600;

/** Whether a caller is a session of a role, and what it assumes is a chain. A user's keys are not. */
export const isRoleSession = (arn: string): boolean => arn.includes(':assumed-role/');

export function stsClient(settings: StsSettings, own: () => OwnSource): Sts {
  const { gate } = settings;
  const client = new STSClient({
    region: settings.region,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    // The SDK would keep what has more than five minutes left; what is still good is judged by the source.
    credentials: Object.assign(() => own().read(), { memoized: true }),
    // Repeats are made here, where the pace and the waiting pods are known.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  });

  async function call<T>(what: string, roleArn: string | null, send: () => Promise<T>): Promise<T> {
    const startedAtMs = steadyMs();
    try {
      const answer = await send();
      settings.onCall('ok', steadyMs() - startedAtMs);
      return answer;
    } catch (error) {
      const failure = explainFailure(error, { what, roleArn, ownArn: settings.ownArn() });
      settings.onCall(failure.kind, steadyMs() - startedAtMs);
      if (failure.kind === 'own') own().doubt();
      throw failure;
    }
  }

  return {
    issue: withAttempts(gate, (identity) =>
      call('sts:AssumeRole', identity.roleArn, () => assume(client, identity, settings.ownArn())),
    ),
    async caller() {
      const { Arn } = await call('sts:GetCallerIdentity', null, () =>
        client.send(new GetCallerIdentityCommand({})),
      );
      return Arn ?? '';
    },
    async exchange(roleArn, sessionName, token) {
      const { Credentials: given } = await call('sts:AssumeRoleWithWebIdentity', roleArn, () =>
        client.send(
          new AssumeRoleWithWebIdentityCommand({
            RoleArn: roleArn,
            RoleSessionName: sessionName,
            WebIdentityToken: token,
          }),
        ),
      );
      return {
        accessKeyId: given!.AccessKeyId!,
        secretAccessKey: given!.SecretAccessKey!,
        sessionToken: given!.SessionToken!,
        expiration: given!.Expiration!,
      };
    },
    close: () => client.destroy(),
  };
}

async function assume(client: STSClient, identity: Identity, ownArn: string | null): Promise<Credentials> {
  const isChained = ownArn === null || isRoleSession(ownArn);
  const command = new AssumeRoleCommand({
    RoleArn: identity.roleArn,
    RoleSessionName: identity.sessionName,
    DurationSeconds: isChained
      ? Math.min(identity.durationSeconds, CHAINED_SECONDS)
      : identity.durationSeconds,
    ...(identity.externalId !== null && { ExternalId: identity.externalId }),
  });
  let answeredAtMs: number | null = null;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      answeredAtMs = dateOf(result.response);
      return result;
    },
    { step: 'deserialize', name: 'readDate' },
  );
  const issuedAtMs = Date.now();
  const issuedAtSteadyMs = steadyMs();
  const { Credentials: given, AssumedRoleUser: user } = await client.send(command);
  // Clients read whole seconds only; a fraction is cut, never rounded up.
  const expiresAtMs = Math.floor(given!.Expiration!.getTime() / 1000) * 1000;
  const lifeMs = expiresAtMs - (answeredAtMs ?? issuedAtMs);
  return {
    accessKeyId: given!.AccessKeyId!,
    secretAccessKey: given!.SecretAccessKey!,
    sessionToken: given!.SessionToken!,
    expiresAtMs,
    issuedAtMs,
    lifeMs,
    endsAtSteadyMs: issuedAtSteadyMs + lifeMs,
    assumedRoleId: user?.AssumedRoleId ?? '',
  };
}

/** STS's clock, by the Date header of its answer: the node's own may be wrong. */
function dateOf(response: unknown): number | null {
  const { headers } = response as { headers?: Record<string, string> };
  const ms = Date.parse(headers?.['date'] ?? '');
  return Number.isNaN(ms) ? null : ms;
}
