// What the emulated AWS knows: plain data that a test or a scenario writes down in a few lines. Ids
// are derived from names, so that the same words give the same world every time.
import { createHash } from 'node:crypto';

export interface AwsAccessKey {
  id: string;
  secret: string;
}

export interface AwsUser {
  account: string;
  name: string;
  /** With both slashes, `/` for none. */
  path: string;
  userId: string;
  keys: AwsAccessKey[];
  /** Inline identity policies, JSON text by policy name. */
  policies: Record<string, string>;
}

export interface AwsRole {
  account: string;
  name: string;
  /** With both slashes, `/` for none. */
  path: string;
  roleId: string;
  /** JSON text. */
  trustPolicy: string;
  maxSessionSeconds: number;
  createdAtMs: number;
  /** Inline identity policies, JSON text by policy name. */
  policies: Record<string, string>;
  /** Managed policies, JSON text by ARN. */
  attached: Record<string, string>;
  /** Of the permissions boundary, JSON text by ARN. */
  boundary: { arn: string; document: string } | null;
}

export interface AwsOidcProvider {
  account: string;
  /** Without scheme. */
  url: string;
  clientIds: string[];
}

export interface AwsInstance {
  account: string;
  /** Such as `i-0123456789abcdef0`. */
  id: string;
  /** Name of the role in its profile, and of the profile; null for none. */
  role: string | null;
  tokens: 'required' | 'optional';
  hopLimit: number;
}

export interface AwsState {
  /** The account that `role` and `user` of the builder take when none is named. */
  account: string;
  partition: string;
  users: AwsUser[];
  roles: AwsRole[];
  oidcProviders: AwsOidcProvider[];
  instances: AwsInstance[];
}

/** A policy document as an object, or as the text to be stored verbatim. */
export type Document = string | object;

interface UserOptions {
  account?: string;
  /** What the user may do: one inline policy. */
  policy?: Document;
  keys?: AwsAccessKey[];
}

interface RoleOptions {
  account?: string;
  trust: Document;
  /** What the role may do: one inline policy. */
  policy?: Document;
  /** Managed policies by ARN. */
  attached?: Record<string, Document>;
  /** A permissions boundary, as a managed policy named `boundary`. */
  boundary?: Document;
  maxSessionSeconds?: number;
  createdAtMs?: number;
}

/** Adds users and roles to a state and answers their ARNs and keys. Names may carry a path: `team/blue`. */
export interface AwsBuilder {
  state: AwsState;
  user(name: string, options?: UserOptions): { arn: string; key: AwsAccessKey };
  role(name: string, options: RoleOptions): { arn: string };
  /** An instance, as safe as EC2 makes them: with a token, and one hop. */
  instance(id: string, options?: Partial<Omit<AwsInstance, 'id'>>): void;
}

/** The fields that only some roles fill. */
export const plainRole = (): Pick<AwsRole, 'policies' | 'attached' | 'boundary'> => ({
  policies: {},
  attached: {},
  boundary: null,
});

const firstDayMs = Date.UTC(2026, 0, 1);

export function buildAws(account = '111122223333', partition = 'aws'): AwsBuilder {
  const state: AwsState = { account, partition, users: [], roles: [], oidcProviders: [], instances: [] };
  return {
    state,
    user(name, options = {}) {
      const user: AwsUser = {
        ...splitName(name),
        account: options.account ?? account,
        userId: idOf('AIDA', options.account ?? account, name),
        keys: options.keys ?? [keyOf(options.account ?? account, name)],
        policies: policiesOf(options.policy),
      };
      state.users.push(user);
      return { arn: userArn(state, user), key: user.keys[0]! };
    },
    role(name, options) {
      const role: AwsRole = {
        ...splitName(name),
        account: options.account ?? account,
        roleId: idOf('AROA', options.account ?? account, name),
        trustPolicy: textOf(options.trust),
        maxSessionSeconds: options.maxSessionSeconds ?? 3600,
        createdAtMs: options.createdAtMs ?? firstDayMs,
        policies: policiesOf(options.policy),
        attached: Object.fromEntries(
          Object.entries(options.attached ?? {}).map(([arn, document]) => [arn, textOf(document)]),
        ),
        boundary:
          options.boundary === undefined
            ? null
            : {
                arn: `arn:${partition}:iam::${options.account ?? account}:policy/boundary`,
                document: textOf(options.boundary),
              },
      };
      state.roles.push(role);
      return { arn: roleArn(state, role) };
    },
    instance(id, options = {}) {
      state.instances.push({ id, account, role: null, tokens: 'required', hopLimit: 1, ...options });
    },
  };
}

/** A trust policy that lets the named principals assume the role. */
export const trusting = (...principals: string[]): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: principals }, Action: 'sts:AssumeRole' }],
});

/** An identity policy that allows the actions on the resources. */
export const allowing = (action: string | string[], resource: string | string[] = '*'): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
});

/** The trust policy of a role that EC2 instances carry. */
export const trustingEc2 = (): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

export const userArn = (state: AwsState, user: AwsUser): string =>
  `arn:${state.partition}:iam::${user.account}:user${user.path}${user.name}`;

export const roleArn = (state: AwsState, role: AwsRole): string =>
  `arn:${state.partition}:iam::${role.account}:role${role.path}${role.name}`;

/** IAM tells names apart without their case and path. */
export const findRole = (state: AwsState, account: string, name: string): AwsRole | undefined =>
  state.roles.find((role) => role.account === account && role.name.toLowerCase() === name.toLowerCase());

export const findUser = (state: AwsState, account: string, name: string): AwsUser | undefined =>
  state.users.find((user) => user.account === account && user.name.toLowerCase() === name.toLowerCase());

/** A unique id such as `AROA…`, 21 characters. */
export const idOf = (prefix: string, ...parts: string[]): string =>
  prefix + base32(createHash('sha256').update(parts.join('\n')).digest()).slice(0, 17);

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Letters and digits as in AWS's ids, five bits of each byte. */
export const base32 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => alphabet[byte & 31]).join('');

function keyOf(account: string, name: string): AwsAccessKey {
  const digest = createHash('sha256').update(`key\n${account}\n${name}`).digest();
  return { id: `AKIA${base32(digest).slice(0, 16)}`, secret: digest.toString('base64').slice(0, 40) };
}

function splitName(name: string): { name: string; path: string } {
  const cut = name.lastIndexOf('/') + 1;
  const path = name.slice(0, cut);
  return { name: name.slice(cut), path: path.startsWith('/') ? path : `/${path}` };
}

const textOf = (document: Document): string =>
  typeof document === 'string' ? document : JSON.stringify(document);

const policiesOf = (document: Document | undefined): Record<string, string> =>
  document === undefined ? {} : { inline: textOf(document) };
