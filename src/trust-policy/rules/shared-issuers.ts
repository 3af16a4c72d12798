// Issuers of tokens that serve many organisations from one URL: the issuer alone says nothing about who
// asks, so IAM saves a document that trusts one of them only with a condition on the claim that does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
import type { Statement } from '../../model/policy.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows, conditionsOn, type PrincipalOf, principalsOf } from './shared.ts';

/** By issuer, the claim that names the organisation. IBM's issuers change their URL and are left out. */
const CLAIMS: Readonly<Record<string, string>> = {
  'agent.buildkite.com': 'sub',
  'api.pulumi.com/oidc': 'aud',
  'app.terraform.io': 'sub',
  'cognito-identity.amazonaws.com': 'aud',
  'gitlab.com': 'sub',
  'oidc-configuration.audit-log.githubusercontent.com': 'sub',
  'oidc.codefresh.io': 'sub',
  'oidc.vercel.com': 'aud',
  'proidc.upbound.io': 'sub',
  'sandboxes.cloud': 'aud',
  'scalr.io': 'sub',
  'studio.datachain.ai/api': 'sub',
  'token.actions.githubusercontent.com': 'sub',
  'tokens.cloud.shisho.dev': 'sub',
  'vstoken.actions.githubusercontent.com': 'sub',
};

// Microsoft Sentinel serves all tenants from one; what tells them apart is the session name.
const SENTINEL = 'sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d';

/** `sub` or `aud` for an issuer of many organisations; null for one that a single organisation runs. */
export const tenantClaim = (issuer: string): string | null => CLAIMS[issuer.toLowerCase()] ?? null;

/** The condition key that IAM demands; null when it demands none. */
function demandedKey({ names }: PrincipalOf<'oidc'>): string | null {
  const issuer = names.issuer.toLowerCase();
  if (issuer === SENTINEL) return 'sts:RoleSessionName';
  const claim = tenantClaim(issuer);
  return claim === null ? null : `${names.issuer}:${claim}`;
}

/** Whether every token passes: no value, or nothing but wildcards. */
export const isBlank = (text: string): boolean => /^[*?]*$/.test(text);

/** Whether a pattern says nothing of a subject but how many parts it has. */
export const isOpen = (text: string): boolean => isBlank(text) || /^(?=.*[*?])[*?:/{}]+$/.test(text);

/**
 * A subject whose literal start ends before its organisation does: `repo:*`, `repo:acme*`. GitHub writes the
 * owner's id behind an @, which no name holds.
 * https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
 */
export function hasOpenTenant(pattern: string): boolean {
  const [start = ''] = pattern.split(/[*?]/, 1);
  return start !== pattern && !/^(?:[\w-]+:[^:/]+[:/]|repo:[\w-]+@)/.test(start);
}

const tenancy: Rule = {
  code: 'TP051',
  title: 'the claim that IAM demands of a shared issuer is tested',
  severity: 'error',
  why: 'every customer of the issuer gets tokens from the same URL, so that IAM refuses to save a document that does not say whose are meant; one that was saved before this rule lets all of them in',
  fix: 'add a condition on the claim that names your organisation',
  find: ({ policy }) =>
    allows(policy).flatMap((statement) =>
      principalsOf(statement, 'oidc').flatMap((provider): Violation[] => {
        const key = demandedKey(provider);
        if (key === null || isTested(statement, key)) return [];
        return [
          {
            at: provider,
            observed: `${provider.names.issuer} serves many organisations, and no condition on ${key} says which is meant`,
            fix: { text: namesOwn(provider, key) },
          },
        ];
      }),
    ),
};

const isTested = (statement: Statement, key: string): boolean =>
  conditionsOn(statement, (folded) => folded === key.toLowerCase()).some(
    ({ operator, values }) =>
      /^String(?:Equals|EqualsIgnoreCase|Like)$/.test(operator.name) &&
      values.length > 0 &&
      values.some(({ text }) => !isBlank(text)),
  );

/** What to add, in the form that the issuer gives its claims. */
export const namesOwn = (provider: PrincipalOf<'oidc'>, key: string): string =>
  `add a condition on ${key} that names your own (${example(provider)})`;

function example({ names }: PrincipalOf<'oidc'>): string {
  const issuer = names.issuer.toLowerCase();
  const forms: Record<string, string> = {
    'token.actions.githubusercontent.com': 'repo:ORGANISATION/REPOSITORY:*',
    'gitlab.com': 'project_path:GROUP/PROJECT:*',
    'app.terraform.io': 'organization:ORGANISATION:project:PROJECT:*',
    'agent.buildkite.com': 'organization:ORGANISATION:pipeline:PIPELINE:*',
    'cognito-identity.amazonaws.com': 'the id of your identity pool',
  };
  return forms[issuer] ?? 'its form stands in the documentation of the issuer';
}

export const sharedIssuerRules: readonly Rule[] = [tenancy];
