import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { type Explanation, explainTrust, renderExplanation } from '../../src/trust-policy/explain.ts';
import { AUDIENCE, HOME, ISSUER, irsa, NODE, OPTIONS, ROOT, SUBJECT, trust } from './helpers.ts';

function explain(text: string): Explanation {
  const { policy } = parsePolicy(text);
  assert.ok(policy);
  return explainTrust({ name: 'app.json', text, fault: null }, policy, OPTIONS);
}

describe('explainTrust', () => {
  it('says who gets in and on which conditions', () => {
    assert.deepEqual(explain(trust({ AWS: NODE })).statements, [
      `Statement 0 lets sessions of the role node of account ${HOME} become this role (sts:AssumeRole).`,
    ]);
    assert.deepEqual(
      explain(
        trust(
          { AWS: ROOT },
          {
            Sid: 'Ext',
            Condition: {
              StringEquals: { 'sts:ExternalId': 'blue' },
              BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' },
            },
          },
        ),
      ).statements,
      [
        `Statement 0 (Ext) lets any role or user of account ${HOME} whose own policies allow it become this role (sts:AssumeRole), if the external id sent along is "blue", and the caller signed in with MFA (or the request does not tell).`,
      ],
    );
    assert.deepEqual(explain(irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } })).statements, [
      `Statement 0 lets holders of a token of the EKS cluster with id ${ISSUER.split('/').at(-1)} in eu-west-1 become this role (sts:AssumeRoleWithWebIdentity), if the token is of the service account web in namespace shop, and the token's audience is "sts.amazonaws.com".`,
    ]);
    assert.deepEqual(
      explain(
        trust(
          { AWS: '*' },
          {
            Effect: 'Deny',
            Action: 'sts:*',
            Condition: { NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
          },
        ),
      ).statements,
      [
        'Statement 0 forbids anyone in any AWS account to do anything with this role that a trust policy can allow (sts:*), if the caller\'s address is not in "192.0.2.0/24".',
      ],
    );
  });

  it('tells actions by what they do', () => {
    const doing = (more: Record<string, unknown>): string =>
      explain(trust({ AWS: NODE }, more)).statements[0]!.replace(/^.*account \d+ /, '');
    assert.equal(doing({ Action: 'sts:assumerole*' }), 'become this role (sts:assumerole*).');
    assert.equal(
      doing({ Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }),
      'become this role and give the session a source identity (sts:AssumeRole, sts:SetSourceIdentity).',
    );
    assert.equal(
      doing({ Action: ['sts:AssumeRole', 'sts:TagSession'], Effect: 'Deny' }),
      'to become this role or tag the session (sts:AssumeRole, sts:TagSession).',
    );
    assert.equal(
      doing({ Action: undefined, NotAction: 'sts:TagSession' }),
      'do everything with this role but call sts:TagSession.',
    );
  });

  it('says first that IAM would refuse the document', () => {
    const template = trust({ AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } });
    assert.equal(
      explain(template).refusal,
      'IAM would refuse to save this document (line 7: "AWS" holds an object where a string must stand; "Fn::Sub" is of CloudFormation, which fills it in before IAM sees it: check the document as it is deployed). What could be read of it says:',
    );
    assert.match(
      renderExplanation(explain(template)),
      /^IAM would refuse .*\n\nStatement 0 lets nobody become/,
    );
    assert.equal(explain(trust({ AWS: NODE })).refusal, null);
  });

  it('says what the other side needs, what it does not mean, and what is wrong', () => {
    const text = renderExplanation(explain(trust({ AWS: [ROOT, '*'] })));
    assert.match(text, /What must be true besides:\n {2}- An account is only delegated to/);
    assert.match(text, /What it does not mean:\n {2}- ":root" does not mean the root user/);
    assert.match(
      text,
      /What check finds:\n {2}- TP007 \(security, line 9\): the principal \{"AWS": "\*"\} is everyone/,
    );
  });
});
