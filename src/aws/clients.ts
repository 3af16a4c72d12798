// The AWS SDK behind the interface of aws.ts: credentials and endpoints as the SDK finds them, and
// time-outs by which a machine without network learns so within seconds.
import { Problem } from '../model/problem.ts';
import type { Aws } from './aws.ts';
import { type AwsCall, awsProblem } from './errors.ts';
import { iamCalls } from './iam-calls.ts';

export interface AwsOptions {
  profile?: string | undefined;
  region?: string | undefined;
  /** For AWS_DEFAULT_REGION, which the AWS CLI reads and the SDK does not. */
  env?: Readonly<Record<string, string | undefined>>;
}

// STS is asked first and answers in well under a second: a network that swallows packets is known
// after two attempts. IAM throttles whoever reads many roles; the SDK waits between its attempts.
const stsLimits = { maxAttempts: 2, connectionTimeout: 2000, requestTimeout: 3000 };
const iamLimits = { maxAttempts: 5, connectionTimeout: 2000, requestTimeout: 10_000 };
/** Where IAM and STS are asked when no region is set anywhere. */
const fallbackRegion = 'us-east-1';

/** Prepares the clients; asks AWS nothing yet, so that wrong credentials show at the first call. */
export async function connectAws(options: AwsOptions = {}): Promise<Aws> {
  const { STSClient, GetCallerIdentityCommand, AssumeRoleCommand } = await import('@aws-sdk/client-sts');
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const region = await findRegion(options, () => new STSClient(profile).config.region());
  const config = ({ maxAttempts, ...timeouts }: typeof stsLimits) => ({
    ...profile,
    region: region ?? fallbackRegion,
    maxAttempts,
    requestHandler: { ...timeouts, throwOnRequestTimeout: true },
  });
  const sts = new STSClient(config(stsLimits));

  async function asking<T>(call: AwsCall, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw awsProblem(error, call, options.profile ?? null);
    }
  }

  return {
    ...iamCalls(asking, (sdk) => new sdk.IAMClient(config(iamLimits))),
    region,
    caller() {
      const call = { action: 'sts:GetCallerIdentity', subject: null, resource: '*' };
      return asking(call, async () => {
        const { Arn = '', Account = '' } = await sts.send(new GetCallerIdentityCommand({}));
        return { arn: Arn, account: Account };
      });
    },
    async instances(instanceRegion, ids) {
      const { describeInstances } = await import('./ec2.ts');
      const credentials = sts.config.credentials;
      return asking({ action: 'ec2:DescribeInstances', subject: null, resource: '*' }, () =>
        describeInstances({ region: instanceRegion, env: options.env ?? {}, credentials }, ids),
      );
    },
    async nodeAccessEntries({ name, region: clusterRegion }) {
      const { readNodeEntries } = await import('./eks.ts');
      const { credentials } = sts.config;
      const to = { region: clusterRegion, env: options.env ?? {}, credentials };
      return readNodeEntries(to, name, asking);
    },
    async tryRole(roleArn, externalId) {
      const call = { action: 'sts:AssumeRole', subject: roleArn, resource: roleArn };
      const input = {
        RoleArn: roleArn,
        RoleSessionName: 'pod-iam-proof',
        DurationSeconds: 900,
        ...(externalId !== null && { ExternalId: externalId }),
      };
      try {
        const { AssumedRoleUser } = await asking(call, () => sts.send(new AssumeRoleCommand(input)));
        return { session: AssumedRoleUser?.Arn ?? '' };
      } catch (error) {
        if (error instanceof Problem && error.code === 'AWS_DENIED')
          return { refused: error.why ?? error.message };
        throw error;
      }
    },
  };
}

async function findRegion(options: AwsOptions, askSdk: () => Promise<string>): Promise<string | null> {
  const named = options.region ?? options.env?.['AWS_REGION'] ?? options.env?.['AWS_DEFAULT_REGION'];
  if (named) return named;
  try {
    return await askSdk();
  } catch {
    return null;
  }
}
