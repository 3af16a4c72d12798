// Which role a Docker container asks for, by the variables and labels that metadataproxy reads
// (https://github.com/lyft/metadataproxy#assuming-roles) and by the annotation keys as labels.
import { EXTERNAL_ID_KEY, ROLE_KEY, SESSION_NAME_KEY } from './annotations.ts';

export const DOCKER_ROLE_KEY = 'IAM_ROLE';
export const DOCKER_EXTERNAL_ID_KEY = 'IAM_EXTERNAL_ID';

export interface DockerAccounts {
  partition: string;
  /** Account ids by the names that may stand behind the @. */
  byName: Readonly<Record<string, string>>;
}

export interface DockerContainer {
  /** Variables by name. */
  env: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
}

export interface DockerWish {
  /** Name, path/name or ARN; null where the container says nothing. */
  role: string | null;
  externalId: string | null;
  sessionName: string | null;
  /** What is wrong with what it says; null for nothing. */
  fault: string | null;
}

/**
 * A variable wins over a label, and metadataproxy's names over the annotation keys.
 * @param sessionKey metadataproxy's ROLE_SESSION_KEY, `Env:KEY` or `Labels:KEY`; null for none
 */
export function readDockerWish(
  { env, labels }: DockerContainer,
  accounts: DockerAccounts,
  sessionKey: string | null = null,
): DockerWish {
  const said = env[DOCKER_ROLE_KEY] ?? labels[DOCKER_ROLE_KEY] ?? labels[ROLE_KEY] ?? null;
  const read = said === null ? { role: null, fault: null } : readDockerRole(said, accounts);
  return {
    ...read,
    externalId:
      env[DOCKER_EXTERNAL_ID_KEY] ?? labels[DOCKER_EXTERNAL_ID_KEY] ?? labels[EXTERNAL_ID_KEY] ?? null,
    sessionName: labels[SESSION_NAME_KEY] ?? sessionNameIn({ env, labels }, sessionKey),
  };
}

/**
 * Reads `role`, `path/role`, `role@account`, `role@alias` or an ARN. What stands behind the last @ is an
 * account; a role name that itself holds an @ has to be given as an ARN.
 */
export function readDockerRole(
  said: string,
  { partition, byName }: DockerAccounts,
): { role: string | null; fault: string | null } {
  const at = said.startsWith('arn:') ? -1 : said.lastIndexOf('@');
  if (at < 0) return { role: said, fault: null };
  const [name, account] = [said.slice(0, at), said.slice(at + 1)];
  const id = /^\d{12}$/.test(account) ? account : byName[account];
  if (id === undefined) {
    const known = Object.keys(byName).join(', ') || 'none';
    return {
      role: null,
      fault: `"${said}" names the account "${account}", which is neither 12 digits nor one of AWS_ACCOUNT_MAP (${known})`,
    };
  }
  return { role: `arn:${partition}:iam::${id}:role/${name.replace(/^\/+/, '')}`, fault: null };
}

function sessionNameIn({ env, labels }: DockerContainer, key: string | null): string | null {
  const [, place, name = ''] = /^(Env|Labels):(.+)$/.exec(key ?? '') ?? [];
  if (place === undefined) return null;
  return (place === 'Env' ? env : labels)[name] ?? null;
}

/** Reads metadataproxy's AWS_ACCOUNT_MAP; null when it is no JSON object of names and account ids. */
export function readAccountMap(text: string): Record<string, string> | null {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const entries = Object.entries(value);
    return entries.every(([, id]) => typeof id === 'string' && /^\d{12}$/.test(id))
      ? (Object.fromEntries(entries) as Record<string, string>)
      : null;
  } catch {
    return null;
  }
}

/** The partition of a region, by the names that AWS gives them. */
export function partitionOf(region: string | null): string {
  if (region?.startsWith('cn-')) return 'aws-cn';
  if (region?.startsWith('us-gov-')) return 'aws-us-gov';
  if (region?.startsWith('us-iso-')) return 'aws-iso';
  if (region?.startsWith('us-isob-')) return 'aws-iso-b';
  return 'aws';
}
