import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Aws } from '../../src/aws/aws.ts';
import { gatherAws } from '../../src/aws/gather.ts';
import { environmentProblem } from '../../src/model/problem.ts';
import type { RoleFact } from '../../src/model/snapshot.ts';
import { onlyAws } from '../helpers/aws.ts';

const account = '111122223333';
const me = { arn: `arn:aws:iam::${account}:user/me`, account };

const roleFact = (resource: string): RoleFact => ({
  arn: `arn:aws:iam::${account}:role/${resource}`,
  name: resource.slice(resource.lastIndexOf('/') + 1),
  path: `/${resource.slice(0, resource.lastIndexOf('/') + 1)}`,
  roleId: 'AROAEXAMPLE',
  trustPolicy: '{}',
  maxSessionSeconds: 3600,
  createdAtMs: null,
  boundary: null,
});

const blue = roleFact('team/blue');

const denied = (action: string) => () =>
  Promise.reject(
    environmentProblem({
      code: 'AWS_DENIED',
      what: `AWS does not allow ${action}`,
      why: 'AccessDenied: no (request id 1)',
      next: 'allow it',
    }),
  );

/** An account with one role, `team/blue`; names are looked up as IAM does it. */
const account1 = (changes: Partial<Aws> = {}): Aws =>
  onlyAws({
    caller: async () => me,
    role: async (name) => (name.toLowerCase() === 'blue' ? blue : null),
    roleNames: async () => ['blue'],
    ...changes,
  });

describe('gatherAws', () => {
  it('reads each role once and lists no names when none is missing', async () => {
    const asked: string[] = [];
    const aws = account1({
      role: async (name) => {
        asked.push(name);
        return blue;
      },
      roleNames: async () => assert.fail('no name was needed'),
    });
    const facts = await gatherAws(aws, [blue.arn, blue.arn]);
    assert.deepEqual(asked, ['blue']);
    assert.deepEqual(facts, {
      caller: { state: 'known', value: me, from: 'sts:GetCallerIdentity' },
      roles: { [blue.arn]: { state: 'known', value: blue, from: 'iam:GetRole' } },
      roleNames: {
        state: 'unknown',
        why: 'it was not needed: no role is missing',
        from: 'iam:ListRoles',
        grant: null,
      },
      principals: {},
      oidcProviders: {
        state: 'unknown',
        why: 'it was not needed: no trust policy names an OIDC provider',
        from: 'iam:ListOpenIDConnectProviders',
        grant: null,
      },
      nodeRoles: {},
      instances: { state: 'known', value: [], from: 'no node is an EC2 instance' },
    });
  });

  it('looks up whom the trust policies name in the own account, and asks nobody about others', async () => {
    const named = [`arn:aws:iam::${account}:role/Blue`, `arn:aws:iam::${account}:user/gone`];
    const trust = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: [...named, 'arn:aws:iam::444455556666:role/theirs', account] },
        Action: 'sts:AssumeRole',
      },
    };
    const found = { ...blue, trustPolicy: JSON.stringify(trust) };
    const facts = await gatherAws(account1({ role: async () => found, user: async () => null }), [blue.arn]);
    assert.deepEqual(facts.principals, {
      [named[0]!]: { state: 'known', value: blue.arn, from: 'iam:GetRole' },
      [named[1]!]: { state: 'known', value: null, from: 'iam:GetUser' },
    });
  });

  it('reads what the node role may do under the ARN that it really has, and says what it lacks for it', async () => {
    const nodes = roleFact('kops/nodes');
    const aws = account1({
      role: async (name) => (name === 'nodes' ? nodes : blue),
      rolePolicies: denied('iam:ListRolePolicies'),
      simulate: async (roleArn, actions, resources) => {
        assert.deepEqual([roleArn, actions, resources], [nodes.arn, ['sts:AssumeRole'], [blue.arn]]);
        return [];
      },
    });
    const facts = await gatherAws(aws, [blue.arn], [`arn:aws:iam::${account}:role/nodes`]);
    const { policies, assume } = facts.nodeRoles[nodes.arn]!;
    assert.equal(assume.state, 'known');
    assert.equal(
      policies.state === 'unknown' && policies.grant?.needs,
      `iam:ListRolePolicies on ${nodes.arn}`,
    );
  });

  it('knows that a role does not exist, and what the others are called', async () => {
    const ghost = `arn:aws:iam::${account}:role/ghost`;
    const facts = await gatherAws(account1(), [ghost]);
    assert.deepEqual(facts.roles, { [ghost]: { state: 'known', value: null, from: 'iam:GetRole' } });
    assert.deepEqual(facts.roleNames, { state: 'known', value: ['blue'], from: 'iam:ListRoles' });
  });

  it('takes a role of another path or case for missing, and keeps the one it found under its own ARN', async () => {
    for (const resource of ['blue', 'team/Blue']) {
      const wrong = `arn:aws:iam::${account}:role/${resource}`;
      for (const arns of [[wrong], [wrong, blue.arn], [blue.arn, wrong]]) {
        const facts = await gatherAws(account1(), arns);
        assert.deepEqual(facts.roles[wrong], { state: 'known', value: null, from: 'iam:GetRole' });
        assert.deepEqual(facts.roles[blue.arn], { state: 'known', value: blue, from: 'iam:GetRole' });
        assert.deepEqual(facts.roleNames, { state: 'known', value: ['blue'], from: 'iam:ListRoles' });
      }
    }
  });

  it('does not ask about roles of another account or partition', async () => {
    const aws = account1({ role: async () => assert.fail('that would find a namesake') });
    const foreign = 'arn:aws:iam::444455556666:role/blue';
    const chinese = `arn:aws-cn:iam::${account}:role/blue`;
    const { roles } = await gatherAws(aws, [foreign, chinese]);
    const fact = roles[foreign]!;
    assert.ok(fact.state === 'unknown');
    assert.equal(
      fact.why,
      'the role belongs to another account (aws 444455556666) than the credentials in use (111122223333)',
    );
    assert.equal(fact.grant?.needs, 'iam:GetRole on arn:aws:iam::444455556666:role/*');
    assert.equal(roles[chinese]?.state, 'unknown');
  });

  it('says which permission is missing, and goes on with the rest', async () => {
    const red = `arn:aws:iam::${account}:role/red`;
    const ghost = `arn:aws:iam::${account}:role/ghost`;
    const aws = account1({
      role: (name) => (name === 'red' ? denied('iam:GetRole for role red')() : Promise.resolve(null)),
      roleNames: denied('iam:ListRoles'),
    });
    const facts = await gatherAws(aws, [red, ghost]);
    assert.deepEqual(facts.roles[red], {
      state: 'unknown',
      why: 'AWS does not allow iam:GetRole for role red: AccessDenied: no (request id 1)',
      from: 'iam:GetRole',
      grant: {
        needs: `iam:GetRole on arn:aws:iam::${account}:role/*`,
        snippet: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "iam:GetRole",
      "Resource": "arn:aws:iam::${account}:role/*"
    }
  ]
}`,
      },
    });
    assert.deepEqual(facts.roles[ghost], { state: 'known', value: null, from: 'iam:GetRole' });
    assert.ok(facts.roleNames.state === 'unknown');
    assert.equal(facts.roleNames.grant?.needs, 'iam:ListRoles on *');
  });

  it('asks no further when it cannot learn who it is', async () => {
    const unreachable = () =>
      Promise.reject(
        environmentProblem({
          code: 'AWS_UNREACHABLE',
          what: 'AWS did not answer',
          why: 'ENOTFOUND',
          next: 'check the network',
        }),
      );
    const aws = account1({
      caller: unreachable,
      role: async () => assert.fail('asked'),
      roleNames: async () => assert.fail('asked'),
    });
    const facts = await gatherAws(aws, [blue.arn]);
    const why = 'AWS did not answer: ENOTFOUND';
    assert.deepEqual(facts.caller, { state: 'unknown', why, from: 'sts:GetCallerIdentity', grant: null });
    assert.deepEqual(facts.roles[blue.arn], { state: 'unknown', why, from: 'iam:GetRole', grant: null });
    assert.deepEqual(facts.roleNames, { state: 'unknown', why, from: 'iam:ListRoles', grant: null });
  });

  it('says what credentials would be needed for when there are none', async () => {
    const caller = () =>
      Promise.reject(
        environmentProblem({
          code: 'NO_AWS_CREDENTIALS',
          what: 'no AWS credentials were found',
          next: 'sign in',
        }),
      );
    const { roles } = await gatherAws(account1({ caller }), [blue.arn]);
    const fact = roles[blue.arn];
    assert.ok(fact?.state === 'unknown');
    assert.equal(
      fact.grant?.needs,
      `iam:GetRole on ${blue.arn.replace(/role\/.*/, 'role/*')}, to AWS credentials given by --profile or the environment`,
    );
    assert.match(fact.grant?.snippet ?? '', /"iam:GetRole"/);
  });

  it('leaves everything unknown when AWS is not to be asked', async () => {
    const facts = await gatherAws(null, [blue.arn]);
    assert.deepEqual(facts.roles[blue.arn], {
      state: 'unknown',
      why: 'AWS was not asked',
      from: 'iam:GetRole',
      grant: null,
    });
  });

  it('does not hide a defect', async () => {
    const aws = account1({ role: () => Promise.reject(new TypeError('a defect')) });
    await assert.rejects(gatherAws(aws, [blue.arn]), TypeError);
  });

  it('asks for a few roles at a time', async () => {
    let running = 0;
    let most = 0;
    const aws = account1({
      role: async () => {
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 1));
        running--;
        return null;
      },
    });
    await gatherAws(
      aws,
      Array.from({ length: 40 }, (_, index) => `arn:aws:iam::${account}:role/r${index}`),
    );
    assert.ok(most > 1 && most <= 6, `${most} at once`);
  });
});
