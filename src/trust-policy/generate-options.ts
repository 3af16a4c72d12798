// The words of `trust-policy generate` as options; throws usage Problems that name the flag.
import { parseRoleArn, type RoleArn, resolveRole } from '../model/arn.ts';
import { usageProblem } from '../model/problem.ts';
import type { TrustOptions } from './generate.ts';
import { checkAccount, missing } from './generate-checks.ts';
import { checkConflicts, partitionOf } from './generate-conflicts.ts';

export interface GenerateWords {
  mode: 'proxy' | 'irsa' | 'pod-identity';
  /** Name, path/name or ARN. */
  role: string;
  'node-role'?: string[] | undefined;
  account?: string | undefined;
  /** Default: the role's, or that of those who are let in, else `aws`. */
  partition?: string | undefined;
  'external-id'?: string | undefined;
  organisation?: string | undefined;
  'session-name'?: string | undefined;
  issuer?: string | undefined;
  audience: string;
  namespace?: string | undefined;
  /** NAME or NAMESPACE/NAME. */
  'service-account'?: string | undefined;
  'cluster-arn'?: string | undefined;
}

/** `role` has the account 000000000000 when none was given. */
export function optionsOf(words: GenerateWords): { options: TrustOptions; role: RoleArn } {
  const { mode } = words;
  if (words.account) checkAccount(words.account);
  const partition = partitionOf(words, parseRoleArn(words.role));
  const resolved = resolveRole(words.role, `arn:${partition}:iam::${words.account ?? '000000000000'}:role/`);
  if (!resolved.ok)
    throw usageProblem({
      code: 'BAD_ROLE',
      what: `--role "${words.role}" names no role: ${resolved.why}`,
      next: 'give its name, its path and name, or its ARN',
    });
  const { role } = resolved;
  const account = (words.role.startsWith('arn:') ? role.account : words.account) ?? null;
  checkConflicts(words, { account, partition });
  const service = serviceAccountOf(words);
  if (mode === 'proxy') {
    const nodeIdentities = words['node-role'] ?? [];
    return {
      role,
      options: {
        ...{ mode, nodeIdentities, account, partition },
        externalId: words['external-id'] ?? null,
        organisation: words.organisation ?? null,
        sessionName: words['session-name'] ?? null,
      },
    };
  }
  if (mode === 'pod-identity')
    return { role, options: { mode, account, clusterArn: words['cluster-arn'] ?? null, ...service } };
  const { issuer, audience } = words;
  const { namespace, serviceAccount } = service;
  if (!issuer) throw missing("the cluster's issuer", '--issuer URL');
  if (!serviceAccount) throw missing('the service account', '--service-account NAME');
  return {
    role,
    options: {
      mode,
      issuer,
      account,
      partition,
      namespace: namespace ?? 'default',
      serviceAccount,
      audience,
    },
  };
}

/** Of which modes a flag is; the others are of all. */
const OF_MODES: readonly [keyof GenerateWords, readonly GenerateWords['mode'][]][] = [
  ['node-role', ['proxy']],
  ['external-id', ['proxy']],
  ['organisation', ['proxy']],
  ['session-name', ['proxy']],
  ['issuer', ['irsa']],
  ['service-account', ['irsa', 'pod-identity']],
  ['cluster-arn', ['pod-identity']],
];

/** One sentence for each flag that was given and says nothing in this mode. */
export const idleFlags = (words: GenerateWords): string[] =>
  OF_MODES.filter(([flag, modes]) => words[flag] !== undefined && !modes.includes(words.mode)).map(
    ([flag, modes]) =>
      `--${flag} is of --mode ${modes.join(' and ')}, and does nothing with --mode ${words.mode}`,
  );

function serviceAccountOf(words: GenerateWords): { namespace: string | null; serviceAccount: string | null } {
  const given = words['service-account'];
  const [, namespace, name] = /^([^/:]+)[/:](.+)$/.exec(given ?? '') ?? [];
  return { namespace: namespace ?? words.namespace ?? null, serviceAccount: name ?? given ?? null };
}
