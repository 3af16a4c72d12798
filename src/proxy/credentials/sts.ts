// The daemon's calls to STS, with one shared client: AssumeRole for the pods, and GetCallerIdentity
// to know whose trust the roles must have.
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { explainFailure } from './explain-failure.ts';
import type { Gate } from './gate.ts';
import type { OwnCredentials, OwnSource } from './own.ts';
import type { CredentialFailure, Credentials, Identity } from './types.ts';
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
const ATTEMPTS = 3;
/** The gate spaces these; giving up would only put the call at the end of the queue. */
const THROTTLED_ATTEMPTS = 10;
/** A role session may not ask for more: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const CHAINED_SECONDS = 3600;

export function stsClient(settings: StsSettings, own: () => OwnSource): Sts {
  const { gate } = settings;
  const client = new STSClient({
    region: settings.region,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    credentials: () => own()(),
    // Repeats are made here, where the pace and the waiting pods are known.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  });

  async function call<T>(what: string, roleArn: string | null, send: () => Promise<T>): Promise<T> {
    const startedMs = Date.now();
    try {
      const answer = await send();
      settings.onCall('ok', Date.now() - startedMs);
      return answer;
    } catch (error) {
      const failure = explainFailure(error, { what, roleArn, ownArn: settings.ownArn() });
      settings.onCall(failure.kind, Date.now() - startedMs);
      throw failure;
    }
  }

  return {
    async issue(identity, isUrgent) {
      for (let attempt = 1; ; attempt++) {
        await gate.pass(isUrgent);
        try {
          const credentials = await call('sts:AssumeRole', identity.roleArn, () =>
            assume(client, identity, settings.ownArn()),
          );
          gate.answered();
          return credentials;
        } catch (error) {
          const { kind } = error as CredentialFailure;
          if (kind === 'throttled') gate.throttled();
          if (kind === 'refused' || kind === 'own') throw error;
          if (attempt >= (kind === 'throttled' ? THROTTLED_ATTEMPTS : ATTEMPTS)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
        }
      }
    },
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
  const isChained = ownArn === null || ownArn.includes(':assumed-role/');
  const issuedAtMs = Date.now();
  const { Credentials: given, AssumedRoleUser: user } = await client.send(
    new AssumeRoleCommand({
      RoleArn: identity.roleArn,
      RoleSessionName: identity.sessionName,
      DurationSeconds: isChained
        ? Math.min(identity.durationSeconds, CHAINED_SECONDS)
        : identity.durationSeconds,
      ...(identity.externalId !== null && { ExternalId: identity.externalId }),
    }),
  );
  return {
    accessKeyId: given!.AccessKeyId!,
    secretAccessKey: given!.SecretAccessKey!,
    sessionToken: given!.SessionToken!,
    // Clients read whole seconds only; a fraction is cut, never rounded up.
    expiresAtMs: Math.floor(given!.Expiration!.getTime() / 1000) * 1000,
    issuedAtMs,
    assumedRoleId: user?.AssumedRoleId ?? '',
  };
}
