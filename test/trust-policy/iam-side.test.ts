import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { parseRoleArn } from '../../src/model/arn.ts';
import { generateTrustPolicy } from '../../src/trust-policy/generate.ts';
import { type IamSide, renderIamSide } from '../../src/trust-policy/iam-side.ts';
import { nodePolicy } from '../../src/trust-policy/node-policy.ts';
import { AWAY, broken, HOME, NODE } from './helpers.ts';

const role = parseRoleArn(`arn:aws:iam::${HOME}:role/team/my-blue`)!;
const trustPolicy = generateTrustPolicy({ mode: 'proxy', nodeIdentities: [NODE] });
const side: IamSide = { role, trustPolicy, isAccountKnown: true, nodeIdentities: [NODE] };

describe('the IAM side of a role', () => {
  it('is the document alone, unless more is asked for', () => {
    assert.equal(renderIamSide(side, 'json'), trustPolicy);
  });

  it('is commands that a shell takes apart as they are meant', () => {
    const script = renderIamSide(side, 'cli').replaceAll('aws iam', 'printf "%s\\n"');
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(words.slice(0, 5), ['create-role', '--role-name', 'my-blue', '--path', '/team/']);
    assert.deepEqual(JSON.parse(words[6]!), JSON.parse(trustPolicy));
    assert.deepEqual(words.slice(7, 12), [
      'put-role-policy',
      '--role-name',
      'node',
      '--policy-name',
      'pod-iam-my-blue',
    ]);
    assert.deepEqual(JSON.parse(words[13]!), JSON.parse(nodePolicy([role.arn])));
  });

  it('runs nothing that the path of a role holds, and fills in nothing', () => {
    const path = '/a;printf${IFS}ran;`id`;$(id)/${path.root}/%{if}/\\n/';
    const odd = { ...side, role: parseRoleArn(`arn:aws:iam::${HOME}:role${path}my-blue`)! };
    const script = renderIamSide(odd, 'cli').replaceAll('aws iam', 'printf "%s\\n"');
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(words.slice(0, 5), ['create-role', '--role-name', 'my-blue', '--path', path]);
    assert.ok(
      renderIamSide(odd, 'terraform').includes(
        '  path               = "/a;printf$${IFS}ran;`id`;$(id)/$${path.root}/%%{if}/\\\\n/"\n',
      ),
    );
  });

  it('is a template of CloudFormation', () => {
    const { Resources } = JSON.parse(renderIamSide(side, 'cloudformation')) as {
      Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
    };
    assert.deepEqual(Object.keys(Resources), ['MyBlueRole', 'NodeMayAssumeMyBlue']);
    assert.equal(Resources['MyBlueRole']!.Type, 'AWS::IAM::Role');
    assert.equal(Resources['MyBlueRole']!.Properties['Path'], '/team/');
    assert.deepEqual(
      Resources['MyBlueRole']!.Properties['AssumeRolePolicyDocument'],
      JSON.parse(trustPolicy),
    );
    assert.equal(Resources['NodeMayAssumeMyBlue']!.Type, 'AWS::IAM::RolePolicy');
  });

  it('is Terraform, in which a policy variable stays one', () => {
    const document = trustPolicy.replace(
      '"sts:AssumeRole"',
      '"sts:AssumeRole", "Condition": {"StringLike": {"sts:RoleSessionName": "${aws:username}"}}',
    );
    const text = renderIamSide({ ...side, trustPolicy: document }, 'terraform');
    assert.match(
      text,
      /^resource "aws_iam_role" "my_blue" \{\n {2}name {15}= "my-blue"\n {2}path {15}= "\/team\/"\n/,
    );
    assert.match(text, /"\$\$\{aws:username\}"/);
    assert.match(text, /resource "aws_iam_role_policy" "node_may_assume_my_blue" \{/);
  });

  it('leaves out the side of the nodes where the account is not known', () => {
    assert.doesNotMatch(renderIamSide({ ...side, isAccountKnown: false }, 'cli'), /put-role-policy/);
  });

  it('gives a user of the nodes its policy', () => {
    const users = { ...side, nodeIdentities: [`arn:aws:iam::${HOME}:user/team/daemon`] };
    assert.match(renderIamSide(users, 'cli'), /\naws iam put-user-policy --user-name daemon --policy-name /);
    assert.match(
      renderIamSide(users, 'terraform'),
      /"aws_iam_user_policy" .*\n.*\n {2}user +={1} "daemon"\n/,
    );
    const { Resources } = JSON.parse(renderIamSide(users, 'cloudformation')) as {
      Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
    };
    assert.equal(Resources['DaemonMayAssumeMyBlue']!.Type, 'AWS::IAM::UserPolicy');
    assert.equal(Resources['DaemonMayAssumeMyBlue']!.Properties['UserName'], 'daemon');
  });

  it('keeps roles apart whose names differ in signs alone', () => {
    const arns = ['nodes.prod', 'nodes-prod'].map((name) => `arn:aws:iam::${HOME}:role/${name}`);
    const two = { ...side, nodeIdentities: [...arns, ...arns] };
    const { Resources } = JSON.parse(renderIamSide(two, 'cloudformation')) as { Resources: object };
    assert.deepEqual(Object.keys(Resources), [
      'MyBlueRole',
      'NodesProdMayAssumeMyBlue',
      'NodesProdMayAssumeMyBlue2',
    ]);
    assert.deepEqual(renderIamSide(two, 'terraform').match(/(?<=_policy" ")\w+/g), [
      'nodes_prod_may_assume_my_blue',
      'nodes_prod_may_assume_my_blue2',
    ]);
  });

  it('says what belongs into another account', () => {
    const away = { ...side, nodeIdentities: [NODE.replace(HOME, AWAY)] };
    assert.match(
      renderIamSide(away, 'cli'),
      new RegExp(
        `\n# In account ${AWAY}, with its credentials: what the nodes' role may assume\\.\naws iam put-role-policy `,
      ),
    );
    assert.match(
      renderIamSide(away, 'terraform'),
      /\{\n {2}# The nodes' role is of account \d{12}.*\n {2}provider = aws\.nodes\n/,
    );
    assert.doesNotMatch(renderIamSide(away, 'cloudformation'), /AWS::IAM::RolePolicy/);
  });
});

describe('a generated trust policy with conditions', () => {
  it('passes check, for the organisation and the session name', () => {
    const document = generateTrustPolicy({
      ...{ mode: 'proxy', nodeIdentities: [NODE], externalId: 'x-1' },
      ...{ organisation: 'o-a1b2c3d4e5', sessionName: 'shop.*' },
    });
    const options = { nodeIdentities: [NODE], externalId: 'x-1', sessionName: 'shop.web-1' };
    assert.deepEqual(
      broken(document, options).map(({ code }) => code),
      [],
    );
    assert.deepEqual(
      broken(document, { ...options, sessionName: 'other.web-1' }).map(({ code }) => code),
      ['TP043'],
    );
  });

  it('refuses what IAM has no such thing of', () => {
    const base = { mode: 'proxy' as const, nodeIdentities: [NODE] };
    assert.throws(() => generateTrustPolicy({ ...base, organisation: 'acme' }), { code: 'BAD_ORGANISATION' });
    assert.throws(() => generateTrustPolicy({ ...base, sessionName: 'a b' }), { code: 'BAD_SESSION_NAME' });
  });
});
