// Whether a trust policy fits into the account's quota, which IAM counts in characters without white
// space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
import { Problem, usageProblem } from '../model/problem.ts';

/** Of an account that never asked for more. */
export const DEFAULT_QUOTA = 2048;

const sizeOf = (document: string): number => document.replace(/\s/g, '').length;

/**
 * Reads the quota and holds the document to it. Answers what the reader should know, or null.
 * @param aws.trustPolicyQuota iam:GetAccountSummary; a Problem of it makes the quota unknown
 * @throws usage Problem TOO_LARGE
 */
export async function checkSize(
  document: string,
  aws: { trustPolicyQuota(): Promise<number | null> },
): Promise<string | null> {
  const size = sizeOf(document);
  const { quota, why } = await readQuota(aws);
  if (quota === null)
    return size <= DEFAULT_QUOTA
      ? null
      : `it has ${size} characters without white space, and IAM takes ${DEFAULT_QUOTA} unless the account's quota was raised; the quota was not read: ${why}`;
  assertFits(document, quota, '; nothing was written');
  return null;
}

/** @throws usage Problem TOO_LARGE for a document above the quota */
export function assertFits(document: string, quota: number, effect = ''): void {
  const size = sizeOf(document);
  if (size <= quota) return;
  throw usageProblem({
    code: 'TOO_LARGE',
    what: `the trust policy would have ${size} characters without white space, and the quota of this account is ${quota}${effect}`,
    why: 'IAM answers LimitExceeded (ACLSizePerRole) to a larger one',
    next: 'trust fewer principals, or a pattern of them (the account with ArnLike on aws:PrincipalArn), or raise the quota "Role trust policy length": aws service-quotas request-service-quota-increase --service-code iam --quota-code L-C07B4B0D --desired-value 4096',
  });
}

async function readQuota(aws: {
  trustPolicyQuota(): Promise<number | null>;
}): Promise<{ quota: number | null; why: string }> {
  try {
    return { quota: await aws.trustPolicyQuota(), why: 'IAM does not tell it' };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { quota: null, why: error.message };
  }
}
