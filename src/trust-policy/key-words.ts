// Condition keys in plain words.

const SUBJECTS: Readonly<Record<string, string>> = {
  'sts:externalid': 'the external id sent along',
  'sts:rolesessionname': 'the session name asked for',
  'sts:sourceidentity': 'the source identity sent along',
  'sts:transitivetagkeys': 'the name of a tag that later sessions inherit',
  'sts:requestcontextproviders': 'the provider of the context',
  'aws:tagkeys': 'the name of a tag sent along',
  'aws:userid': "the caller's unique id (a session's ends in its name)",
  'aws:username': "the caller's user name",
  'sts:durationseconds': 'the duration asked for, in seconds,',
  'aws:principaltype': 'the kind of the caller',
  'aws:principalarn': "the ARN of the caller's role or user",
  'aws:principalaccount': "the caller's account",
  'aws:principalorgid': "the caller's organisation",
  'aws:principalorgpaths': "the caller's place in its organisation",
  'aws:sourceip': "the caller's address",
  'aws:sourcevpc': 'the VPC that the call comes through',
  'aws:sourcevpce': 'the VPC endpoint that the call comes through',
  'aws:vpcsourceip': "the caller's address within its VPC",
  'ec2:sourceinstancearn': 'the instance whose credentials are used',
  'aws:ec2instancesourcevpc': 'the VPC of the instance whose credentials are used',
  'aws:ec2instancesourceprivateipv4': 'the private address of the instance whose credentials are used',
  'lambda:sourcefunctionarn': 'the function whose credentials are used',
  'aws:calledvia': 'a service that calls for the caller',
  'aws:calledviafirst': 'the first service that calls for the caller',
  'aws:calledvialast': 'the last service that calls for the caller',
  'aws:requestedregion': 'the Region that is asked',
  'aws:useragent': 'the program that calls, by its own account,',
  'aws:sourceorgid': 'the organisation that the service acts for',
  'aws:sourceorgpaths': 'the place in its organisation of what the service acts for',
  'aws:sourcearn': 'the resource that the service acts for',
  'aws:sourceaccount': 'the account that the service acts for',
  'aws:currenttime': 'the time of the call',
  'aws:requesttag/kubernetes-namespace': "the pod's namespace",
  'aws:requesttag/kubernetes-service-account': "the pod's service account",
  'aws:requesttag/eks-cluster-name': "the pod's cluster",
  'aws:requesttag/eks-cluster-arn': "the pod's cluster",
  'saml:aud': 'the address that the assertion is for',
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
  'accounts.google.com:aud': 'the client that the token was made for',
  'accounts.google.com:oaud': "the token's audience",
  'cognito-identity.amazonaws.com:aud': 'the identity pool',
};

/** The kind and the name of a tag in a key. */
export const TAG = /^aws:(PrincipalTag|RequestTag)\/(.+)$/i;

// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
const CERTIFICATE = /^x509(Subject|Issuer|SAN)\/(.+)$/i;
const CERTIFICATE_PARTS: Readonly<Record<string, string>> = {
  subject: 'subject',
  issuer: 'issuer',
  san: 'alternative name',
};

/** What a key tells of the request: `the caller's address`. */
export function subjectOf(key: string): string {
  const known = SUBJECTS[key.toLowerCase()];
  if (known !== undefined) return known;
  if (/\..*:aud$/i.test(key)) return "the token's audience";
  const claim = /\..*:([\w-]+)$/.exec(key)?.[1];
  if (claim !== undefined) return `the token's claim ${claim}`;
  const assertion = /^saml:([\w-]+)$/i.exec(key)?.[1];
  if (assertion !== undefined) return `the assertion's ${assertion}`;
  const [, kind, tag = ''] = TAG.exec(key) ?? [];
  if (kind === undefined) return key;
  const field = CERTIFICATE.exec(tag);
  if (field) return `the certificate's ${CERTIFICATE_PARTS[field[1]!.toLowerCase()]} (${field[2]})`;
  return /^principal/i.test(kind) ? `the caller's tag ${tag}` : `the tag ${tag} asked for`;
}

/** What keys of several values hold, one of it. */
export const PARTS: Readonly<Record<string, string>> = {
  'aws:tagkeys': 'name of a tag sent along',
  'sts:transitivetagkeys': 'name of a tag that later sessions inherit',
  'sts:requestcontextproviders': 'provider of the context',
};
