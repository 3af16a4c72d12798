// Which role a Docker container asks for: by the variables that metadataproxy reads
// (https://github.com/lyft/metadataproxy#role-formats), and by the annotation keys as labels.
import { SESSION_NAME_KEY } from './annotations.ts';
import { isAccountId, type RoleResolution } from './arn.ts';

export const DOCKER_ROLE_KEY = 'IAM_ROLE';
export const DOCKER_EXTERNAL_ID_KEY = 'IAM_EXTERNAL_ID';

/** What may stand behind the @ of `role@account`. */
export interface DockerAccounts {
  /** That of the ARNs that come of it; null while the daemon does not know its own. */
  partition: string | null;
  /** Account ids by name. */
  byName: Readonly<Record<string, string>>;
}

export interface DockerContainer {
  /** Variables by name. */
  env: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
}

/** Each as it was written; null where the container says nothing. */
export interface DockerWish {
  role: string | null;
  externalId: string | null;
  sessionName: string | null;
}

export interface WishKeys {
  /** Labels, besides metadataproxy's names. */
  roleKey: string;
  externalIdKey: string;
  /** metadataproxy's ROLE_SESSION_KEY, `Env:KEY` or `Labels:KEY`; null for none. */
  sessionKey: string | null;
}

/** A variable wins over a label, and metadataproxy's names over the annotation keys. */
export function readDockerWish(container: DockerContainer, keys: WishKeys): DockerWish {
  const { env, labels } = container;
  const said = (name: string, label: string): string | null =>
    own(env, name) ?? own(labels, name) ?? own(labels, label);
  return {
    role: said(DOCKER_ROLE_KEY, keys.roleKey),
    externalId: said(DOCKER_EXTERNAL_ID_KEY, keys.externalIdKey),
    sessionName: own(labels, SESSION_NAME_KEY) ?? sessionNameIn(container, keys.sessionKey),
  };
}

/**
 * `role@account` and `path/role@alias` as an ARN; all else unchanged. What stands behind the last @ is an
 * account, so a role whose own name holds an @ has to be given as an ARN.
 */
export function expandAccount(
  said: string,
  { partition, byName }: DockerAccounts,
): { ok: true; value: string } | Extract<RoleResolution, { ok: false }> {
  const at = /^arn:/i.test(said) ? -1 : said.lastIndexOf('@');
  if (at < 0) return { ok: true, value: said };
  const account = said.slice(at + 1);
  const id = own(byName, account) ?? account;
  if (!isAccountId(id)) {
    const known = Object.keys(byName).join(', ') || 'which is empty';
    return {
      ok: false,
      why: `its account "${account}" is neither 12 digits nor a name in AWS_ACCOUNT_MAP (${known})`,
    };
  }
  if (partition === null) return { ok: false, why: "the daemon's own partition is not known yet" };
  return { ok: true, value: `arn:${partition}:iam::${id}:role/${said.slice(0, at).replace(/^\/+/, '')}` };
}

/** Reads metadataproxy's AWS_ACCOUNT_MAP; null when it is no JSON object of names and account ids. */
export function readAccountMap(text: string): Record<string, string> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const isFine = Object.values(value).every((id) => typeof id === 'string' && isAccountId(id));
  return isFine ? (value as Record<string, string>) : null;
}

function sessionNameIn({ env, labels }: DockerContainer, key: string | null): string | null {
  const [, place, name = ''] = /^(Env|Labels):(.+)$/.exec(key ?? '') ?? [];
  if (place === undefined) return null;
  return own(place === 'Env' ? env : labels, name);
}

/** Names come from outside: `constructor` is none of them. */
const own = (values: Readonly<Record<string, string>>, name: string): string | null =>
  Object.hasOwn(values, name) ? values[name]! : null;
