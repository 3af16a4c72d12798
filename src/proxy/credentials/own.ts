// The daemon's own credentials: keys in its environment, a web identity token (IRSA), or the role of
// the instance it runs on, in the order of the AWS SDKs.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
import { readFileSync } from 'node:fs';
import { steadyMs } from '../clock.ts';
import type { Imds } from '../imds.ts';
import { messageOf } from '../log.ts';
import type { Environment } from '../settings.ts';
import { instanceCaller } from './instance-caller.ts';
import { CredentialFailure } from './types.ts';

export interface OwnCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

export interface OwnSource {
  /** @throws CredentialFailure of kind `own` */
  read(): Promise<OwnCredentials>;
  /** STS does not accept them: they are read anew, however long they say that they last. */
  doubt(): void;
  /** The caller ARN by the word of the instance whose role this is; null when they are not an instance's. */
  told: (() => Promise<string>) | null;
  /** They are a role session's, whatever STS says of them: those of an instance and of a web identity. */
  isRoleSession: boolean;
}

/** Exchanges a web identity token at STS. */
export type Exchange = (roleArn: string, sessionName: string, token: string) => Promise<OwnCredentials>;

/** Renewed with this much left, so that calls signed just before are still accepted. */
const RENEW_LEFT_MS = 15 * 60_000;
const RETRY_MS = 5_000;

/** Never asks the instance when the environment has an answer. */
export function ownSource(environment: Environment, imds: Imds, exchange: Exchange): OwnSource {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = environment['AWS_SESSION_TOKEN'];
    const given = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    return { read: async () => given, doubt: () => {}, told: null, isRoleSession: false };
  }
  const tokenFile = environment['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const roleArn = environment['AWS_ROLE_ARN'];
  if (tokenFile && roleArn) {
    const sessionName = environment['AWS_ROLE_SESSION_NAME'] ?? 'pod-iam';
    const read = async () => exchange(roleArn, sessionName, readFileSync(tokenFile, 'utf8').trim());
    return { ...renewed(read), told: null, isRoleSession: true };
  }
  return { ...renewed(() => ofInstance(imds)), told: () => instanceCaller(imds), isRoleSession: true };
}

async function ofInstance(imds: Imds): Promise<OwnCredentials> {
  const base = '/latest/meta-data/iam/security-credentials/';
  const listing = await imds.get(base);
  const role = listing.body.toString().trim().split('\n')[0]!;
  if (listing.status !== 200 || role === '')
    throw new Error('the instance has no role (its metadata service lists none)');
  const answer = await imds.get(base + encodeURIComponent(role));
  if (answer.status !== 200)
    throw new Error(`the metadata service answered ${answer.status} for role ${role}`);
  const document = JSON.parse(answer.body.toString()) as Record<string, string>;
  if (document['Code'] !== 'Success' || !document['AccessKeyId'] || !document['SecretAccessKey'])
    throw new Error(`the metadata service has no credentials for role ${role}: ${document['Code']}`);
  return {
    accessKeyId: document['AccessKeyId'],
    secretAccessKey: document['SecretAccessKey'],
    ...(document['Token'] && { sessionToken: document['Token'] }),
    ...(document['Expiration'] && { expiration: new Date(document['Expiration']) }),
  };
}

/** One reading at a time, kept until shortly before its end; a failed one leaves what is still valid. */
function renewed(readAnew: () => Promise<OwnCredentials>): Pick<OwnSource, 'read' | 'doubt'> {
  let current: OwnCredentials | null = null;
  let reading: Promise<OwnCredentials> | null = null;
  let isDoubted = false;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  const leftMs = (): number => (current?.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
  const isGood = (): boolean => !isDoubted && leftMs() > RENEW_LEFT_MS;
  const isUsable = (): boolean => leftMs() > 0 && steadyMs() - triedAtMs < RETRY_MS;

  async function read(): Promise<OwnCredentials> {
    if (current && (isGood() || isUsable())) return current;
    triedAtMs = steadyMs();
    reading ??= readAnew().finally(() => {
      reading = null;
    });
    try {
      current = await reading;
      isDoubted = false;
      return current;
    } catch (error) {
      if (current && leftMs() > 0) return current;
      throw new CredentialFailure(
        'own',
        'ID010',
        'NoCredentials',
        `the daemon has no AWS credentials of its own: ${messageOf(error)}`,
      );
    }
  }

  return {
    read,
    doubt() {
      isDoubted = true;
    },
  };
}
