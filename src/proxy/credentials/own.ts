// The daemon's own credentials: keys in its environment, a web identity token (IRSA), or the role of
// the instance it runs on, in the order of the AWS SDKs.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
import { readFileSync } from 'node:fs';
import type { Imds } from '../imds.ts';
import { messageOf } from '../log.ts';
import type { Environment } from '../settings.ts';
import { CredentialFailure } from './types.ts';

export interface OwnCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

export type OwnSource = () => Promise<OwnCredentials>;

/** Exchanges a web identity token at STS. */
export type Exchange = (roleArn: string, sessionName: string, token: string) => Promise<OwnCredentials>;

/** Renewed with this much left, so that calls signed just before are still accepted. */
const RENEW_LEFT_MS = 15 * 60_000;
const RETRY_MS = 5_000;

/** Throws CredentialFailure of kind `own`; never asks the instance when the environment has an answer. */
export function ownSource(environment: Environment, imds: Imds, exchange: Exchange): OwnSource {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = environment['AWS_SESSION_TOKEN'];
    return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) });
  }
  const tokenFile = environment['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const roleArn = environment['AWS_ROLE_ARN'];
  if (tokenFile && roleArn) {
    const sessionName = environment['AWS_ROLE_SESSION_NAME'] ?? 'pod-iam';
    return renewed(async () => exchange(roleArn, sessionName, readFileSync(tokenFile, 'utf8').trim()));
  }
  return renewed(() => ofInstance(imds));
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
function renewed(read: OwnSource): OwnSource {
  let current: OwnCredentials | null = null;
  let reading: Promise<OwnCredentials> | null = null;
  let triedAtMs = 0;
  const leftMs = (): number => (current?.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
  return async () => {
    if (current && (leftMs() > RENEW_LEFT_MS || (leftMs() > 0 && Date.now() - triedAtMs < RETRY_MS)))
      return current;
    triedAtMs = Date.now();
    reading ??= read().finally(() => {
      reading = null;
    });
    try {
      current = await reading;
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
  };
}
