// The daemon's calls to STS: AssumeRole for the pods, and GetCallerIdentity to know whose trust the
// roles must have.
import { stsEndpoint } from '../../model/endpoint.ts';
import { steadyMs } from '../clock.ts';
import { withAttempts } from './attempts.ts';
import { explainFailure } from './explain-failure.ts';
import type { Gate } from './gate.ts';
import type { OwnCredentials, OwnSource } from './own.ts';
import type { StsAnswer } from './sts-answer.ts';
import { stsCaller } from './sts-call.ts';
import type { Credentials, Identity } from './types.ts';
import type { Issue } from './vault.ts';

export interface StsSettings {
  endpoint: string | null;
  /** May ask for another of the region's endpoints. */
  environment?: NodeJS.ProcessEnv;
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

/** A role session may not ask for more: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
export const CHAINED_SECONDS = 3600;

/** Whether a caller is a session of a role, and what it assumes is a chain. A user's keys are not. */
export const isRoleSession = (arn: string): boolean => arn.includes(':assumed-role/');

/** @param own the daemon's own credentials, asked for when a call is signed: they may need this client themselves */
export function stsClient(settings: StsSettings, own: () => OwnSource): Sts {
  const { gate } = settings;
  const caller = stsCaller();

  /** Signed with the daemon's own credentials unless told otherwise. */
  async function send(action: string, parameters: Record<string, string>, isSigned = true) {
    const region = await settings.region();
    const credentials = isSigned ? await own().read() : null;
    const endpoint = settings.endpoint ?? stsEndpoint(region, settings.environment);
    return caller.send({ action, parameters, endpoint, region, credentials });
  }

  const isChained = (): boolean => {
    const arn = settings.ownArn();
    return arn === null || isRoleSession(arn) || own().isRoleSession;
  };

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
      call('sts:AssumeRole', identity.roleArn, () => assume(send, identity, isChained())),
    ),
    async caller() {
      const { told } = own();
      const asked = call('sts:GetCallerIdentity', null, async () =>
        (await send('GetCallerIdentity', {})).field('Arn'),
      );
      if (told === null) return asked;
      const arn = await asked.catch(() => null);
      // An instance's credentials are those of a role's session: what else STS says is an emulator's.
      if (arn !== null && isRoleSession(arn)) return arn;
      return told().catch(() => asked);
    },
    async exchange(roleArn, sessionName, token) {
      const parameters = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token };
      return call('sts:AssumeRoleWithWebIdentity', roleArn, async () =>
        given(await send('AssumeRoleWithWebIdentity', parameters, false)),
      );
    },
    close() {
      gate.close();
      caller.close();
    },
  };
}

type Send = (action: string, parameters: Record<string, string>) => Promise<StsAnswer>;

async function assume(send: Send, identity: Identity, isChained: boolean): Promise<Credentials> {
  const { durationSeconds, externalId } = identity;
  const issuedAtMs = Date.now();
  const issuedAtSteadyMs = steadyMs();
  const answer = await send('AssumeRole', {
    RoleArn: identity.roleArn,
    RoleSessionName: identity.sessionName,
    DurationSeconds: String(isChained ? Math.min(durationSeconds, CHAINED_SECONDS) : durationSeconds),
    ...(externalId !== null && { ExternalId: externalId }),
  });
  const { expiration, ...keys } = given(answer);
  // Clients read whole seconds only; a fraction is cut, never rounded up.
  const expiresAtMs = Math.floor(expiration.getTime() / 1000) * 1000;
  // By the clock of STS: the node's own may be wrong.
  const lifeMs = expiresAtMs - (answer.dateMs ?? issuedAtMs);
  return {
    ...keys,
    expiresAtMs,
    issuedAtMs,
    lifeMs,
    endsAtMs: Date.now() + lifeMs,
    endsAtSteadyMs: issuedAtSteadyMs + lifeMs,
    assumedRoleId: answer.field('AssumedRoleId', ''),
  };
}

const given = (answer: StsAnswer): Required<OwnCredentials> => ({
  accessKeyId: answer.field('AccessKeyId'),
  secretAccessKey: answer.field('SecretAccessKey'),
  sessionToken: answer.field('SessionToken'),
  expiration: answer.date('Expiration'),
});
