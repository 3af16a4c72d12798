// Words of `trust-policy generate` that contradict each other, so that the document could let nobody in:
// nothing crosses partitions, and a token issuer counts only in the role's own account.
import { parseArn, type RoleArn } from '../model/arn.ts';
import { type Problem, usageProblem } from '../model/problem.ts';
import type { GenerateWords } from './generate-options.ts';

/** @param role what is known of the role; its account null when nobody said it. @throws usage Problem */
export function checkConflicts(
  words: GenerateWords,
  role: { account: string | null; partition: string },
): void {
  for (const [flag, text] of namedArns(words)) {
    const partition = parseArn(text)?.partition;
    if (partition && partition !== role.partition)
      throw conflict(
        `${flag} ${text} is of the partition ${partition}, and the role of ${role.partition}: no identity crosses from one to the other`,
        'name those of one partition',
      );
  }
  const provider = parseArn(words.issuer ?? '');
  if (words.mode === 'irsa' && provider && role.account && provider.account !== role.account)
    throw conflict(
      `the OIDC provider is of account ${provider.account}, and the role of ${role.account}: STS asks the provider of the role's own account`,
      `make a provider for the issuer in ${role.account}: aws iam create-open-id-connect-provider`,
    );
}

/** The partition that the words tell: the role's, what was said, or that of those who are to be let in. */
export function partitionOf(words: GenerateWords, role: RoleArn | null): string {
  const first = namedArns(words).flatMap(([, text]) => parseArn(text)?.partition ?? []);
  return role?.partition ?? words.partition ?? first[0] ?? issuerPartition(words) ?? 'aws';
}

function namedArns({ mode, ...words }: GenerateWords): [flag: string, text: string][] {
  const ofMode: Record<GenerateWords['mode'], [string, string[]]> = {
    proxy: ['--node-role', words['node-role'] ?? []],
    irsa: ['--issuer', words.issuer ? [words.issuer] : []],
    'pod-identity': ['--cluster-arn', words['cluster-arn'] ? [words['cluster-arn']] : []],
  };
  const [flag, texts] = ofMode[mode];
  return texts.filter((text) => text.startsWith('arn:')).map((text) => [flag, text]);
}

/** EKS names its issuers after their region. */
function issuerPartition({ mode, issuer = '' }: GenerateWords): string | null {
  const region = mode === 'irsa' ? /^(?:https:\/\/)?oidc[.-]eks\.([\w-]+)\./.exec(issuer)?.[1] : undefined;
  if (region?.startsWith('cn-')) return 'aws-cn';
  return region?.startsWith('us-gov-') ? 'aws-us-gov' : null;
}

const conflict = (what: string, next: string): Problem => usageProblem({ code: 'CONFLICT', what, next });
