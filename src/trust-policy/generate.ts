// Writes trust policies for the three ways in which a pod can get a role, as narrow as each allows.
import { parseArn } from '../model/arn.ts';
import { usageProblem } from '../model/problem.ts';
import { documentOf, oneOrMany, renderDocument, type StatementDocument } from './document.ts';
import {
  checkAccount,
  checkAudience,
  checkExternalId,
  checkNamespace,
  checkOrganisation,
  checkServiceAccount,
  checkSessionName,
  missing,
} from './generate-checks.ts';
import { readNodeIdentity } from './identity.ts';
import { providerArn } from './oidc-provider.ts';
import { SIDS } from './sids.ts';

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
    Sid: SIDS.proxy,
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
  const provider = providerArn(options);
  const issuer = provider.slice(provider.indexOf('oidc-provider/') + 'oidc-provider/'.length);
  checkNamespace(namespace);
  checkServiceAccount(serviceAccount);
  const subject = { [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}` };
  const audienceIs = { [`${issuer}:aud`]: checkAudience(audience) };
  return {
    Sid: SIDS.serviceAccount,
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
  if (namespace) checkNamespace(namespace);
  if (serviceAccount) checkServiceAccount(serviceAccount);
  const ofAccount: Record<string, string> = serviceAccount
    ? { 'aws:RequestTag/kubernetes-service-account': serviceAccount }
    : {};
  const isPattern = serviceAccount?.includes('*') ?? false;
  return {
    Sid: SIDS.podIdentity,
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
