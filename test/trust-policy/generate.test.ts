import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRoleArn } from '../../src/model/arn.ts';
import { Problem } from '../../src/model/problem.ts';
import { generateTrustPolicy, type TrustOptions } from '../../src/trust-policy/generate.ts';
import { warningsOn } from '../../src/trust-policy/generate-warnings.ts';
import { nodePolicy } from '../../src/trust-policy/node-policy.ts';
import { APP, HOME, ISSUER, NODE, PROVIDER } from './helpers.ts';

const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

describe('generateTrustPolicy', () => {
  it('names the role of the nodes', () => {
    assert.equal(
      generateTrustPolicy({ mode: 'proxy', nodeIdentities: [NODE] }),
      `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "PodIamProxy",
      "Effect": "Allow",
      "Principal": {
        "AWS": "${NODE}"
      },
      "Action": "sts:AssumeRole"
    }
  ]
}
`,
    );
  });

  it('turns a session into its role, once', () => {
    const nodeIdentities = [
      `arn:aws:sts::${HOME}:assumed-role/node/i-1`,
      `arn:aws:sts::${HOME}:assumed-role/node/i-2`,
    ];
    const document = JSON.parse(generateTrustPolicy({ mode: 'proxy', nodeIdentities }));
    assert.deepEqual(document.Statement[0].Principal, { AWS: NODE });
  });

  it('ties a service account by name, and several by pattern', () => {
    const options = { mode: 'irsa', issuer: `https://${ISSUER}`, account: HOME, namespace: 'shop' } as const;
    const one = JSON.parse(generateTrustPolicy({ ...options, serviceAccount: 'web' })).Statement[0];
    assert.deepEqual(one.Principal, { Federated: PROVIDER });
    assert.deepEqual(one.Condition, {
      StringEquals: {
        [`${ISSUER}:aud`]: 'sts.amazonaws.com',
        [`${ISSUER}:sub`]: 'system:serviceaccount:shop:web',
      },
    });
    const some = JSON.parse(generateTrustPolicy({ ...options, serviceAccount: 'web-*' })).Statement[0];
    assert.deepEqual(some.Condition.StringLike, { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:web-*' });
  });

  it('refuses what cannot be meant', () => {
    const proxy = (nodeIdentity: string) => () =>
      generateTrustPolicy({ mode: 'proxy', nodeIdentities: [nodeIdentity] });
    assert.throws(proxy(`arn:aws:iam::${HOME}:instance-profile/node`), code('BAD_NODE_ROLE'));
    assert.throws(proxy(`arn:aws:iam::${HOME}:root`), code('BAD_NODE_ROLE'));
    assert.throws(proxy('node'), code('BAD_NODE_ROLE'));
    assert.throws(() => generateTrustPolicy({ mode: 'proxy', nodeIdentities: [] }), code('USAGE'));
    assert.throws(
      () => generateTrustPolicy({ mode: 'proxy', nodeIdentities: [NODE], externalId: 'a b' }),
      code('BAD_EXTERNAL_ID'),
    );
    const irsa = {
      mode: 'irsa',
      issuer: ISSUER,
      account: HOME,
      namespace: 'shop',
      serviceAccount: 'web',
    } as const;
    assert.throws(() => generateTrustPolicy({ ...irsa, namespace: '*' }), code('BAD_NAME'));
    assert.throws(() => generateTrustPolicy({ ...irsa, issuer: 'cluster' }), code('BAD_ISSUER'));
    assert.throws(() => generateTrustPolicy({ ...irsa, account: '1' }), code('BAD_ACCOUNT'));
  });

  it('ties pods of one name, or of a pattern, by the tags that Pod Identity sends', () => {
    const condition = (serviceAccount: string) =>
      JSON.parse(
        generateTrustPolicy({ mode: 'pod-identity', account: HOME, namespace: 'shop', serviceAccount }),
      ).Statement[0].Condition;
    const rest = { 'aws:SourceAccount': HOME, 'aws:RequestTag/kubernetes-namespace': 'shop' };
    const tag = 'aws:RequestTag/kubernetes-service-account';
    assert.deepEqual(condition('web'), { StringEquals: { ...rest, [tag]: 'web' } });
    assert.deepEqual(condition('web-*'), { StringEquals: rest, StringLike: { [tag]: 'web-*' } });
    assert.throws(() => condition('Web'), code('BAD_NAME'));
  });
});

describe('nodePolicy', () => {
  it('lists the roles, each once, and no star', () => {
    const roles = [APP.arn, `arn:aws:iam::${HOME}:role/api`, APP.arn];
    assert.deepEqual(JSON.parse(nodePolicy(roles)), {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'PodIamAssumeRoles',
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Resource: [`arn:aws:iam::${HOME}:role/api`, APP.arn],
        },
      ],
    });
    assert.throws(() => nodePolicy([]), code('BAD_ROLE'));
    assert.throws(() => nodePolicy(['*']), code('BAD_ROLE'));
  });
});

describe('warningsOn', () => {
  const role = parseRoleArn(`arn:aws:iam::${HOME}:role/app`)!;
  const on = (more: Partial<TrustOptions>): string[] =>
    warningsOn({ mode: 'proxy', nodeIdentities: [NODE], account: HOME, ...more } as TrustOptions, role);

  it('is silent about the plain case', () => assert.deepEqual(on({}), []));

  it('warns of a lost path, of the nodes as the role, of another account, and of a whole account', () => {
    assert.match(
      on({ nodeIdentities: [`arn:aws:sts::${HOME}:assumed-role/node/i-1`] }).join(),
      /does not tell whether its role has a path/,
    );
    assert.match(on({ nodeIdentities: [role.arn] }).join(), /both the role and the identity of the nodes/);
    assert.match(
      on({ nodeIdentities: ['arn:aws:iam::543210987654:role/node'] }).join(),
      /of another account than the role/,
    );
    assert.match(on({ nodeIdentities: [] }).join(), /trusts the whole account/);
  });
});
