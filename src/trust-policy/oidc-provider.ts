// The ARN of the OIDC provider that stands in IAM for the issuer of a cluster's tokens.
import { usageProblem } from '../model/problem.ts';
import type { IrsaTrust } from './generate.ts';
import { checkAccount, missing } from './generate-checks.ts';

/** Throws a usage Problem for what is neither an issuer nor a provider. */
export function providerArn({ issuer, account, partition = 'aws' }: IrsaTrust): string {
  if (issuer.startsWith('arn:')) {
    if (/^arn:[^:]+:iam::\d{12}:oidc-provider\/[^/:]+/.test(issuer)) return issuer;
    throw usageProblem({
      code: 'BAD_ISSUER',
      what: `"${issuer}" is no ARN of an OIDC provider`,
      next: 'aws iam list-open-id-connect-providers',
    });
  }
  const url = issuer.replace(/^https:\/\//, '');
  // Of EKS no issuer ends in a slash; others, such as Microsoft's, do, and their tokens and keys have it.
  const bare = /\.eks\./.test(url) ? url.replace(/\/$/, '') : url;
  if (!/^[\w.-]+\.[\w.-]+(?:\/[\w./-]+)?$/.test(bare))
    throw usageProblem({
      code: 'BAD_ISSUER',
      what: `"${issuer}" is no issuer`,
      next: 'it reads like https://oidc.eks.REGION.amazonaws.com/id/ID (kubectl get --raw /.well-known/openid-configuration)',
    });
  if (!account) throw missing("the role's account", '--account ID');
  return `arn:${partition}:iam::${checkAccount(account)}:oidc-provider/${bare}`;
}
