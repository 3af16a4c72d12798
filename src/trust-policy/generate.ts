// Writes trust policies for the three ways in which a pod can get a role, as narrow as each allows, and
// the nodes' own permissions policy.
import { isAccountId, parseArn, parseRoleArn } from '../model/arn.ts';
import { usageProblem } from '../model/problem.ts';
import { documentOf, oneOrMany, renderDocument, type StatementDocument } from './document.ts';
import { readNodeIdentity } from './identity.ts';

export interface ProxyTrust {
  mode: 'proxy';
  /** Roles, users or sessions; a session is turned into its role. May be empty when `account` is set. */
  nodeIdentities: readonly string[];
  /** Trusted as a whole when no node identity is known: its nodes then need a policy of their own. */
  account?: string | null;
  partition?: string;
  externalId?: string | null;
  /** Id of the organisation that the nodes' account must be in. */
  organisation?: string | null;
  /** Pattern that session names must fit, such as `shop.*`. */
  sessionName?: string | null;
}

export interface IrsaTrust {
  mode: 'irsa';
  /** The issuer's URL, or the ARN of the OIDC provider. */
  issuer: string;
  /** Not needed when `issuer` is an ARN. */
  account?: string | null;
  partition?: string;
  namespace: string;
  /** May hold `*`: all service accounts of the namespace that fit. */
  serviceAccount: string;
  audience?: string;
}

export interface PodIdentityTrust {
  mode: 'pod-identity';
  /** Not needed when `clusterArn` is set. */
  account?: string | null;
  clusterArn?: string | null;
  namespace?: string | null;
  /** May hold `*`, as with IRSA. */
  serviceAccount?: string | null;
}

export type TrustOptions = ProxyTrust | IrsaTrust | PodIdentityTrust;

/** The trust policy as JSON text. Throws a usage Problem that names what is missing or malformed. */
export function generateTrustPolicy(options: TrustOptions): string {
  switch (options.mode) {
    case 'proxy':
      return renderDocument(documentOf(proxyStatement(options)));
    case 'irsa':
      return renderDocument(documentOf(irsaStatement(options)));
    case 'pod-identity':
      return renderDocument(documentOf(podIdentityStatement(options)));
  }
}

/** The permissions policy that lets the nodes assume exactly these roles. Throws for an empty list. */
export function nodePolicy(roleArns: readonly string[]): string {
  const wrong = roleArns.find((arn) => parseRoleArn(arn) === null);
  if (wrong !== undefined || roleArns.length === 0) {
    throw usageProblem({
      code: 'BAD_ROLE',
      what: wrong === undefined ? 'a node policy needs at least one role' : `"${wrong}" is no role ARN`,
      why: 'a policy that allows sts:AssumeRole on everything would let a node take any role that trusts its account',
      next: 'name each role by its ARN, such as arn:aws:iam::111122223333:role/NAME',
    });
  }
  const statement: StatementDocument = {
    Sid: 'PodIamAssumeRoles',
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Resource: oneOrMany([...new Set(roleArns)].sort()),
  };
  return renderDocument(documentOf(statement));
}

/** The Sid of statements that let the proxy's nodes in. */
export const PROXY_SID = 'PodIamProxy';

function proxyStatement({
  nodeIdentities,
  account,
  partition = 'aws',
  ...conditions
}: ProxyTrust): StatementDocument {
  const principals = [...new Set(nodeIdentities.map((text) => readNodeIdentity(text).principal))];
  if (principals.length === 0) {
    if (!account) throw missing('the identity of the nodes', '--node-role ARN');
    principals.push(`arn:${partition}:iam::${checkAccount(account)}:root`);
  }
  return {
    Sid: PROXY_SID,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(principals) },
    Action: 'sts:AssumeRole',
    ...conditionOf(conditions),
  };
}

function conditionOf({
  externalId,
  organisation,
  sessionName,
}: Pick<ProxyTrust, 'externalId' | 'organisation' | 'sessionName'>): Pick<StatementDocument, 'Condition'> {
  const equals = {
    ...(externalId && { 'sts:ExternalId': checkExternalId(externalId) }),
    ...(organisation && { 'aws:PrincipalOrgID': checkOrganisation(organisation) }),
  };
  const condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(sessionName && { StringLike: { 'sts:RoleSessionName': checkSessionName(sessionName) } }),
  };
  return Object.keys(condition).length > 0 ? { Condition: condition } : {};
}

function irsaStatement(options: IrsaTrust): StatementDocument {
  const { namespace, serviceAccount, audience = 'sts.amazonaws.com' } = options;
  const provider = readProvider(options);
  const issuer = provider.slice(provider.indexOf('oidc-provider/') + 'oidc-provider/'.length);
  checkName('namespace', namespace, NAMESPACE);
  checkName('service account', serviceAccount, SERVICE_ACCOUNT);
  const subject = { [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}` };
  const audienceIs = { [`${issuer}:aud`]: audience };
  return {
    Sid: 'PodIamServiceAccount',
    Effect: 'Allow',
    Principal: { Federated: provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: serviceAccount.includes('*')
      ? { StringEquals: audienceIs, StringLike: subject }
      : { StringEquals: { ...audienceIs, ...subject } },
  };
}

// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
function podIdentityStatement({
  account,
  clusterArn,
  namespace,
  serviceAccount,
}: PodIdentityTrust): StatementDocument {
  const cluster = clusterArn ? parseArn(clusterArn) : null;
  if (clusterArn && (cluster?.service !== 'eks' || !cluster.resource.startsWith('cluster/')))
    throw usageProblem({
      code: 'BAD_CLUSTER',
      what: `"${clusterArn}" is no ARN of an EKS cluster`,
      next: 'aws eks describe-cluster --name NAME --query cluster.arn',
    });
  if (account && cluster && cluster.account !== account)
    throw usageProblem({
      code: 'OTHER_ACCOUNT',
      what: `the cluster is of account ${cluster.account}, and the role of ${account}`,
      why: "EKS Pod Identity gives pods a role of the cluster's own account only",
      next: `make a role in ${cluster.account} for the pods, and name this one in the association as targetRoleArn`,
    });
  const owner = account ?? cluster?.account;
  if (!owner) throw missing('the account of the cluster', '--account ID or --cluster-arn ARN');
  if (namespace) checkName('namespace', namespace, NAMESPACE);
  if (serviceAccount) checkName('service account', serviceAccount, SERVICE_ACCOUNT);
  const ofAccount: Record<string, string> = serviceAccount
    ? { 'aws:RequestTag/kubernetes-service-account': serviceAccount }
    : {};
  const isPattern = serviceAccount?.includes('*') ?? false;
  return {
    Sid: 'PodIamPodIdentity',
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      StringEquals: {
        'aws:SourceAccount': checkAccount(owner),
        ...(namespace ? { 'aws:RequestTag/kubernetes-namespace': namespace } : {}),
        ...(isPattern ? {} : ofAccount),
      },
      ...(isPattern ? { StringLike: ofAccount } : {}),
      ...(clusterArn ? { ArnEquals: { 'aws:SourceArn': clusterArn } } : {}),
    },
  };
}

function readProvider({ issuer, account, partition = 'aws' }: IrsaTrust): string {
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

/** Throws a usage Problem (BAD_ACCOUNT). */
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
  if (/^[\w+=,.@:/-]{2,1224}$/.test(externalId)) return externalId;
  throw usageProblem({
    code: 'BAD_EXTERNAL_ID',
    what: `"${externalId}" is no external id`,
    why: 'it has 2 to 1224 letters, digits and +=,.@:/_-',
    next: '--external-id TEXT of these alone',
  });
}

// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
function checkOrganisation(id: string): string {
  if (/^o-[a-z0-9]{10,32}$/.test(id)) return id;
  throw usageProblem({
    code: 'BAD_ORGANISATION',
    what: `"${id}" is no id of an organisation`,
    why: 'it reads like o-a1b2c3d4e5',
    next: 'aws organizations describe-organization --query Organization.Id',
  });
}

function checkSessionName(pattern: string): string {
  if (/^[\w+=,.@*?-]{2,64}$/.test(pattern)) return pattern;
  throw usageProblem({
    code: 'BAD_SESSION_NAME',
    what: `"${pattern}" is no pattern of session names`,
    why: 'it has 2 to 64 letters, digits and +=,.@_-, * and ?',
    next: '--session-name PATTERN of these alone',
  });
}

/** Of Kubernetes; several service accounts can be meant by `*`, several namespaces cannot. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SERVICE_ACCOUNT = /^[a-z0-9*](?:[-.a-z0-9*]{0,251}[a-z0-9*])?$/;

function checkName(what: string, name: string, pattern: RegExp): void {
  if (!pattern.test(name))
    throw usageProblem({
      code: 'BAD_NAME',
      what: `"${name}" is no name of a ${what}`,
      next: `give one that Kubernetes takes, as in: kubectl get ${what.replace(' ', '')}s`,
    });
}

const missing = (what: string, flag: string) =>
  usageProblem({ code: 'USAGE', what: `${what} is missing`, next: `give ${flag}` });
