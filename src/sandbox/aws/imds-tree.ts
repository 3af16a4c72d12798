// The documents of an instance by path, and the listings of the folders above them.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
import type { EmulatedAws } from './server.ts';
import type { Credentials } from './sessions.ts';
import { type AwsRole, findRole, idOf, plainRole } from './state.ts';
import { isoSeconds } from './sts.ts';

export interface Instance {
  /** Such as `i-0abc…`; the session name of its role. */
  id: string;
  account: string;
  region: string;
  zone: string;
  privateIp: string;
  /** Name of the role of the instance profile; null for an instance without one. */
  role: string | null;
  userData?: string | null;
}

type Tree = { [name: string]: Tree | (() => string) };

/** The document at a path, or a folder's listing; null when there is none. Any API version will do. */
export function listMetadata(
  path: string,
  instance: Instance,
  aws: EmulatedAws,
  nowMs: number,
): string | null {
  const [version, ...names] = path.split('/').filter((name) => name !== '');
  if (version === undefined) return 'latest';
  if (!/^(latest|1\.0|\d{4}-\d\d-\d\d)$/.test(version)) return null;
  let node: Tree | (() => string) | undefined = treeOf(instance, aws, nowMs);
  for (const name of names) {
    if (typeof node === 'function' || node === undefined || !Object.hasOwn(node, name)) return null;
    node = node[name];
  }
  if (node === undefined) return null;
  return typeof node === 'function' ? node() : listing(node);
}

const listing = (folder: Tree): string =>
  Object.entries(folder)
    .map(([name, child]) => (typeof child === 'function' ? name : `${name}/`))
    .join('\n');

function treeOf(instance: Instance, aws: EmulatedAws, nowMs: number): Tree {
  const { id, account, region, zone, privateIp } = instance;
  const role = instance.role === null ? undefined : findRole(aws.state, account, instance.role);
  const identity = JSON.stringify(
    {
      accountId: account,
      architecture: 'x86_64',
      availabilityZone: zone,
      imageId: 'ami-0123456789abcdef0',
      instanceId: id,
      instanceType: 'm7i.large',
      pendingTime: '2026-01-01T00:00:00Z',
      privateIp,
      region,
      version: '2017-09-30',
    },
    null,
    2,
  );
  const tree: Tree = {
    dynamic: { 'instance-identity': { document: () => identity } },
    'meta-data': {
      'ami-id': () => 'ami-0123456789abcdef0',
      hostname: () => `ip-${privateIp.replaceAll('.', '-')}.${region}.compute.internal`,
      ...(role ? { iam: iamTree(instance, role, aws, nowMs) } : {}),
      'identity-credentials': { ec2: ec2Tree(instance, aws, nowMs) },
      'instance-id': () => id,
      'instance-type': () => 'm7i.large',
      'local-ipv4': () => privateIp,
      placement: { 'availability-zone': () => zone, region: () => region },
      services: { domain: () => 'amazonaws.com', partition: () => aws.state.partition },
    },
  };
  const { userData } = instance;
  if (userData) tree['user-data'] = () => userData;
  return tree;
}

function iamTree(instance: Instance, role: AwsRole, aws: EmulatedAws, nowMs: number): Tree {
  const { partition } = aws.state;
  const document = (extra: object) => () => credentialsDocument(instance, role, aws, nowMs, extra);
  const info = {
    Code: 'Success',
    LastUpdated: isoSeconds(nowMs),
    InstanceProfileArn: `arn:${partition}:iam::${role.account}:instance-profile${role.path}${role.name}`,
    InstanceProfileId: idOf('AIPA', role.account, role.name),
  };
  return {
    info: () => JSON.stringify(info, null, 2),
    'security-credentials': { [role.name]: document({}) },
    'security-credentials-extended': { [role.name]: document({ AccountId: role.account }) },
  };
}

/** The instance's own identity, which no role is behind. */
function ec2Tree(instance: Instance, aws: EmulatedAws, nowMs: number): Tree {
  const role: AwsRole = {
    account: instance.account,
    name: 'aws:ec2-instance',
    path: '/',
    roleId: idOf('AROA', instance.account, 'aws:ec2-instance'),
    trustPolicy: '',
    maxSessionSeconds: 3600,
    createdAtMs: 0,
    ...plainRole(),
  };
  const info = { Code: 'Success', LastUpdated: isoSeconds(nowMs), AccountId: instance.account };
  return {
    info: () => JSON.stringify(info, null, 2),
    'security-credentials': { 'ec2-instance': () => credentialsDocument(instance, role, aws, nowMs, {}) },
  };
}

const issued = new WeakMap<EmulatedAws, Map<string, { credentials: Credentials; updatedAtMs: number }>>();
const lifetimeSeconds = 6 * 3600;
// AWS: "We make new credentials available at least five minutes before the expiration of the old credentials."
const renewBeforeMs = 5 * 60_000;

function credentialsDocument(
  instance: Instance,
  role: AwsRole,
  aws: EmulatedAws,
  nowMs: number,
  extra: object,
): string {
  const cache = issued.get(aws) ?? new Map();
  issued.set(aws, cache);
  const key = `${instance.id}/${role.account}/${role.name}`;
  let entry = cache.get(key);
  if (!entry || entry.credentials.expiresAtMs - renewBeforeMs <= nowMs) {
    const { credentials } = aws.sessions.issue(role, instance.id, lifetimeSeconds);
    entry = { credentials, updatedAtMs: nowMs };
    cache.set(key, entry);
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = entry.credentials;
  const document = {
    Code: 'Success',
    LastUpdated: isoSeconds(entry.updatedAtMs),
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: isoSeconds(expiresAtMs),
    ...extra,
  };
  return JSON.stringify(document, null, 2);
}
