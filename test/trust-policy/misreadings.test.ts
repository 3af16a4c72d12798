import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { misreadings } from '../../src/trust-policy/misreadings.ts';
import { document, HOME } from './helpers.ts';

interface Row {
  belief: RegExp;
  principal: Record<string, string>;
  invites: Record<string, Record<string, string>>;
  /** The same with a condition that leaves no room for it. */
  spares: Record<string, Record<string, string>>;
}

const github = 'token.actions.githubusercontent.com';
const federated = (issuer: string) => ({ Federated: `arn:aws:iam::${HOME}:oidc-provider/${issuer}` });
const like = (key: string, value: string) => ({ StringLike: { [key]: value } });
const cognito = 'cognito-identity.amazonaws.com';

const ROWS: readonly Row[] = [
  {
    belief: /^GitHub writes ids into the subjects/,
    principal: federated(github),
    invites: like(`${github}:sub`, 'repo:acme/shop:ref:refs/heads/main'),
    spares: like(`${github}:sub`, 'repo:acme@*/shop@*:ref:refs/heads/main'),
  },
  {
    belief: /^A star at the end of a GitLab subject/,
    principal: federated('gitlab.com'),
    invites: like('gitlab.com:sub', 'project_path:acme/shop:*'),
    spares: like('gitlab.com:sub', 'project_path:acme/*:ref_type:branch:ref:main'),
  },
  {
    belief: /^A plan runs code, too/,
    principal: federated('app.terraform.io'),
    invites: like('app.terraform.io:sub', 'organization:acme:project:web:workspace:prod:run_phase:*'),
    spares: like('app.terraform.io:sub', 'organization:acme:project:*:workspace:prod:run_phase:apply'),
  },
  {
    belief: /^Users of an identity pool need not have signed in/,
    principal: { Federated: cognito },
    invites: { StringEquals: { [`${cognito}:aud`]: 'eu-west-1:0a' } },
    spares: { 'ForAnyValue:StringLike': { [`${cognito}:amr`]: 'authenticated' } },
  },
  {
    belief: /^accounts\.google\.com:aud is compared with the token's azp/,
    principal: { Federated: 'accounts.google.com' },
    invites: { StringEquals: { 'accounts.google.com:aud': '12' } },
    spares: { StringEquals: { 'accounts.google.com:oaud': '12' } },
  },
  {
    belief: /^Without a condition on aws:SourceArn or the certificate/,
    principal: { Service: 'rolesanywhere.amazonaws.com' },
    invites: { StringEquals: { 'aws:SourceAccount': HOME } },
    spares: { StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'pi-1' } },
  },
  {
    belief: /^Only users have a user name/,
    principal: { AWS: HOME },
    invites: { StringEquals: { 'sts:RoleSessionName': '${aws:username}' } },
    spares: { StringEquals: { 'sts:RoleSessionName': 'ada' } },
  },
  {
    belief: /^ForAllValues also holds when the key is missing/,
    principal: { AWS: HOME },
    invites: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } },
    spares: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, Null: { 'aws:TagKeys': 'false' } },
  },
];

const believed = (Principal: unknown, Condition: unknown): string[] =>
  misreadings(parsePolicy(document({ Effect: 'Allow', Principal, Action: 'sts:*', Condition })).policy!);

describe('misreadings', () => {
  for (const { belief, principal, invites, spares } of ROWS)
    it(`warns that ${belief.source.replaceAll('\\', '').slice(1)}, and only where the document invites it`, () => {
      assert.ok(believed(principal, invites).some((text) => belief.test(text)));
      assert.ok(!believed(principal, spares).some((text) => belief.test(text)));
    });

  it('tells HCP Terraform from others whose subjects begin alike', () => {
    const buildkite = like('agent.buildkite.com:sub', 'organization:acme:*');
    assert.ok(!believed(federated('agent.buildkite.com'), buildkite).some((text) => /^A plan/.test(text)));
  });

  it('warns of the names that Identity Center gives', () => {
    const role = (name: string) => ({ AWS: `arn:aws:iam::${HOME}:role/${name}` });
    const path = 'aws-reserved/sso.amazonaws.com/eu-west-1';
    const told = (name: string): boolean =>
      believed(role(name), {}).some((text) => text.startsWith('IAM Identity Center makes the role'));
    assert.deepEqual([told(`${path}/AWSReservedSSO_Dev_0a1b`), told('dev')], [true, false]);
  });
});
