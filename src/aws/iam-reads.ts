// The readings of IAM that take several calls: token issuers, a role's policies, and its simulator.
import type { IAMClient } from '@aws-sdk/client-iam';
import type { OidcProviderFact, PolicyFact, SimulatedCall } from '../model/snapshot.ts';
import type { AwsCall } from './errors.ts';

type Sdk = typeof import('@aws-sdk/client-iam');
/** Runs a call and turns what the SDK throws into a Problem. */
export type Asking = <T>(call: AwsCall, ask: () => Promise<T>) => Promise<T>;

export async function readOidcProviders(
  sdk: Sdk,
  client: IAMClient,
  asking: Asking,
): Promise<OidcProviderFact[]> {
  const list = await asking({ action: 'iam:ListOpenIDConnectProviders', subject: null, resource: '*' }, () =>
    client.send(new sdk.ListOpenIDConnectProvidersCommand({})),
  );
  const arns = (list.OpenIDConnectProviderList ?? []).flatMap(({ Arn }) => (Arn ? [Arn] : []));
  return Promise.all(
    arns.map(async (arn) => {
      const call = { action: 'iam:GetOpenIDConnectProvider', subject: arn, resource: arn };
      const { Url = '', ClientIDList = [] } = await asking(call, () =>
        client.send(new sdk.GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn })),
      );
      return { arn, issuer: Url.replace(/^https:\/\//, ''), clientIds: ClientIDList };
    }),
  );
}

export async function readRolePolicies(
  sdk: Sdk,
  client: IAMClient,
  asking: Asking,
  name: string,
): Promise<PolicyFact[]> {
  const ofRole = (action: string): AwsCall => ({
    action,
    subject: `role ${name}`,
    resource: 'arn:aws:iam::*:role/*',
  });
  const inline = await asking(ofRole('iam:ListRolePolicies'), async () => {
    const names: string[] = [];
    for await (const page of sdk.paginateListRolePolicies({ client }, { RoleName: name }))
      names.push(...(page.PolicyNames ?? []));
    return names;
  });
  const attached = await asking(ofRole('iam:ListAttachedRolePolicies'), async () => {
    const arns: string[] = [];
    for await (const page of sdk.paginateListAttachedRolePolicies({ client }, { RoleName: name }))
      arns.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
    return arns;
  });
  const inlineRead = inline.map((policy) =>
    asking(ofRole('iam:GetRolePolicy'), async () => {
      const input = { RoleName: name, PolicyName: policy };
      const { PolicyDocument = '' } = await client.send(new sdk.GetRolePolicyCommand(input));
      return { name: policy, arn: null, document: decodeURIComponent(PolicyDocument) };
    }),
  );
  const managedRead = attached.map((arn) => readManagedPolicy(sdk, client, asking, arn));
  return Promise.all([...inlineRead, ...managedRead]);
}

async function readManagedPolicy(
  sdk: Sdk,
  client: IAMClient,
  asking: Asking,
  arn: string,
): Promise<PolicyFact> {
  const call = (action: string): AwsCall => ({ action, subject: arn, resource: arn });
  const { Policy } = await asking(call('iam:GetPolicy'), () =>
    client.send(new sdk.GetPolicyCommand({ PolicyArn: arn })),
  );
  const input = { PolicyArn: arn, VersionId: Policy?.DefaultVersionId };
  const { PolicyVersion } = await asking(call('iam:GetPolicyVersion'), () =>
    client.send(new sdk.GetPolicyVersionCommand(input)),
  );
  const name = Policy?.PolicyName ?? arn.slice(arn.lastIndexOf('/') + 1);
  return { name, arn, document: decodeURIComponent(PolicyVersion?.Document ?? '') };
}

const decisions: Record<string, SimulatedCall['decision']> = {
  allowed: 'allowed',
  explicitDeny: 'explicitDeny',
};

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
export function simulateCalls(
  sdk: Sdk,
  client: IAMClient,
  asking: Asking,
  asked: { roleArn: string; actions: readonly string[]; resources: readonly string[] },
): Promise<SimulatedCall[]> {
  const { roleArn, actions, resources } = asked;
  const call = { action: 'iam:SimulatePrincipalPolicy', subject: roleArn, resource: roleArn };
  return asking(call, async () => {
    const input = { PolicySourceArn: roleArn, ActionNames: [...actions], ResourceArns: [...resources] };
    const results: SimulatedCall[] = [];
    for await (const page of sdk.paginateSimulatePrincipalPolicy({ client }, input)) {
      for (const result of page.EvaluationResults ?? [])
        results.push({
          action: result.EvalActionName ?? '',
          resource: result.EvalResourceName ?? '',
          decision: decisions[result.EvalDecision ?? ''] ?? 'implicitDeny',
          boundaryAllows: result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary ?? null,
          organisationAllows: result.OrganizationsDecisionDetail?.AllowedByOrganizations ?? null,
        });
    }
    return results;
  });
}
