// The sandbox's AWS on an address that pods can reach: for what moto gets wrong, that is a daemon
// which is a session of the node's role, as on a real instance.
import {
  allowing,
  buildAws,
  type EmulatedAws,
  type EmulatedImds,
  startEmulatedAws,
  startEmulatedImds,
  trusting,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';
import { settings } from './settings.ts';

export const ACCOUNT = '210987654321';

export interface NodeRoleWorld {
  aws: EmulatedAws;
  imds: EmulatedImds;
  /** `host:port` for --metadata-addr. */
  metadataAddress: string;
  nodeRole: string;
  /** Environment of a command line that may read roles and write trust policies. */
  environment: Record<string, string>;
  roleArn(name: string): string;
  setTrust(name: string, ...principals: string[]): void;
  close(): Promise<void>;
}

/** Roles blue, red and others that are named trust the node role; `old` is one that nodes once carried. */
export async function startNodeRoleWorld(others: readonly string[] = []): Promise<NodeRoleWorld> {
  const { state, role, user } = buildAws(ACCOUNT);
  const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const names = ['blue', 'red', ...others];
  const node = role('k8s/node', {
    trust: trustingEc2(),
    policy: allowing('sts:AssumeRole', names.map(roleArn)),
  });
  role('old', { trust: trustingEc2() });
  for (const name of names) role(name, { trust: trusting(node.arn) });
  const operator = user('operator', {
    policy: allowing(['iam:GetRole', 'iam:ListRoles', 'iam:UpdateAssumeRolePolicy']),
  });
  const aws = await startEmulatedAws({ host: settings.host, state });
  const imds = await startEmulatedImds({
    host: settings.host,
    aws,
    instance: {
      id: 'i-0e2e0e2e0e2e0e2e0',
      account: ACCOUNT,
      region: 'us-east-1',
      zone: 'us-east-1a',
      privateIp: settings.host,
      role: 'node',
    },
  });
  return {
    aws,
    imds,
    metadataAddress: new URL(imds.url).host,
    nodeRole: node.arn,
    environment: {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: operator.key.id,
      AWS_SECRET_ACCESS_KEY: operator.key.secret,
    },
    roleArn,
    setTrust(name, ...principals) {
      state.roles.find((each) => each.name === name)!.trustPolicy = JSON.stringify(trusting(...principals));
    },
    async close() {
      await Promise.all([aws.close(), imds.close()]);
    },
  };
}
