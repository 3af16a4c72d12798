// What stands in a generated policy by the user's word, held against the form that AWS or Kubernetes gives
// it. Each throws a usage Problem that says where the right word is found.
import { isAccountId } from '../model/arn.ts';
import { EXTERNAL_ID_FORM, isExternalId, isOrganisationId } from '../model/identifiers.ts';
import { usageProblem } from '../model/problem.ts';

export function checkAccount(account: string): string {
  if (isAccountId(account)) return account;
  throw usageProblem({
    code: 'BAD_ACCOUNT',
    what: `"${account}" is no account id`,
    why: 'it has 12 digits',
    next: 'aws sts get-caller-identity --query Account',
  });
}

export function checkExternalId(externalId: string): string {
  if (isExternalId(externalId)) return externalId;
  throw usageProblem({
    code: 'BAD_EXTERNAL_ID',
    what: `"${externalId}" is no external id`,
    why: `it has ${EXTERNAL_ID_FORM}`,
    next: '--external-id TEXT of these alone',
  });
}

export function checkOrganisation(id: string): string {
  if (isOrganisationId(id)) return id;
  throw usageProblem({
    code: 'BAD_ORGANISATION',
    what: `"${id}" is no id of an organisation`,
    why: 'it reads like o-a1b2c3d4e5',
    next: 'aws organizations describe-organization --query Organization.Id',
  });
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html
export function checkAudience(audience: string): string {
  if (/^[!-~]{1,255}$/.test(audience) && !/[*?$]/.test(audience)) return audience;
  throw usageProblem({
    code: 'BAD_AUDIENCE',
    what: `"${audience}" is no audience`,
    why: 'it is compared letter by letter, has 255 characters at most and no blanks',
    next: '--audience sts.amazonaws.com, or the client id that the OIDC provider lists (aws iam get-open-id-connect-provider)',
  });
}

export function checkSessionName(pattern: string): string {
  if (/^[\w+=,.@*?-]{2,64}$/.test(pattern)) return pattern;
  throw usageProblem({
    code: 'BAD_SESSION_NAME',
    what: `"${pattern}" is no pattern of session names`,
    why: 'it has 2 to 64 letters, digits and +=,.@_-, * and ?',
    next: '--session-name PATTERN of these alone',
  });
}

/** Several service accounts can be meant by `*`, several namespaces cannot. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SERVICE_ACCOUNT = /^[a-z0-9*](?:[-.a-z0-9*]{0,251}[a-z0-9*])?$/;

export const checkNamespace = (name: string): void => checkName('namespace', name, NAMESPACE);
export const checkServiceAccount = (name: string): void =>
  checkName('service account', name, SERVICE_ACCOUNT);

function checkName(what: string, name: string, pattern: RegExp): void {
  if (!pattern.test(name))
    throw usageProblem({
      code: 'BAD_NAME',
      what: `"${name}" is no name of a ${what}`,
      next: `give one that Kubernetes takes, as in: kubectl get ${what.replace(' ', '')}s`,
    });
}

/** Something that has no default was not said. */
export const missing = (what: string, flag: string) =>
  usageProblem({ code: 'USAGE', what: `${what} is missing`, next: `give ${flag}` });
