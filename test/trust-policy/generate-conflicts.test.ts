import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Problem } from '../../src/model/problem.ts';
import { generateTrustPolicy } from '../../src/trust-policy/generate.ts';
import { type GenerateWords, optionsOf } from '../../src/trust-policy/generate-options.ts';
import { assertFits, DEFAULT_QUOTA } from '../../src/trust-policy/size.ts';
import { AWAY, HOME } from './helpers.ts';

const EKS = 'oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF';
const CHINA = 'oidc.eks.cn-north-1.amazonaws.com.cn/id/0123456789ABCDEF';
const role = (partition: string, name = 'node'): string => `arn:${partition}:iam::${HOME}:role/${name}`;
const words = (more: Partial<GenerateWords>): GenerateWords => ({
  ...{ mode: 'proxy', role: 'blue', audience: 'sts.amazonaws.com', ...more },
});
const tokens = (more: Partial<GenerateWords>): GenerateWords =>
  words({ mode: 'irsa', issuer: `https://${EKS}`, 'service-account': 'shop/web', ...more });
const refusal = (given: GenerateWords): string => {
  try {
    generateTrustPolicy(optionsOf(given).options);
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.message}`;
  }
  return 'none';
};
const provider = (given: GenerateWords): string =>
  JSON.parse(generateTrustPolicy(optionsOf(given).options)).Statement[0].Principal.Federated;

describe('words of generate that contradict each other', () => {
  it('refuses identities of another partition than the role, or than each other', () => {
    const crosses = `CONFLICT: --node-role ${role('aws-cn')} is of the partition aws-cn, and the role of aws: no identity crosses from one to the other`;
    assert.equal(refusal(words({ role: role('aws', 'blue'), 'node-role': [role('aws-cn')] })), crosses);
    assert.equal(refusal(words({ 'node-role': [role('aws'), role('aws-cn')] })), crosses);
    assert.equal(refusal(words({ partition: 'aws', 'node-role': [role('aws-cn')] })), crosses);
    assert.equal(refusal(words({ 'node-role': [role('aws-cn')] })), 'none');
    const cluster = `arn:aws:eks:eu-west-1:${HOME}:cluster/prod`;
    const pods = words({ mode: 'pod-identity', role: role('aws-cn', 'blue'), 'cluster-arn': cluster });
    assert.match(refusal(pods), /^CONFLICT: --cluster-arn /);
  });

  it('refuses a provider of another account than the role', () => {
    const issuer = `arn:aws:iam::${AWAY}:oidc-provider/${EKS}`;
    assert.equal(
      refusal(tokens({ account: HOME, issuer })),
      `CONFLICT: the OIDC provider is of account ${AWAY}, and the role of ${HOME}: STS asks the provider of the role's own account`,
    );
    assert.equal(refusal(tokens({ issuer })), 'none');
  });

  it('takes the partition of the provider from the role, and else from the region of the issuer', () => {
    const named = (partition: string, issuer: string): string =>
      `arn:${partition}:iam::${HOME}:oidc-provider/${issuer}`;
    assert.equal(provider(tokens({ role: role('aws-us-gov', 'blue') })), named('aws-us-gov', EKS));
    assert.equal(provider(tokens({ account: HOME, issuer: CHINA })), named('aws-cn', CHINA));
    assert.equal(provider(tokens({ account: HOME, partition: 'aws-iso' })), named('aws-iso', EKS));
    assert.equal(provider(tokens({ account: HOME })), named('aws', EKS));
  });

  it('refuses an audience that no token has', () => {
    for (const audience of ['', 'a*', 'a b', `$${'{aws:username}'}`, 'a'.repeat(256)])
      assert.match(refusal(tokens({ account: HOME, audience })), /^BAD_AUDIENCE: /);
    assert.equal(refusal(tokens({ account: HOME, audience: 'https://kubernetes.default.svc' })), 'none');
  });

  it('refuses more nodes than the quota takes', () => {
    const nodes = Array.from({ length: 60 }, (_, index) => role('aws', `nodes-${index}`));
    const document = generateTrustPolicy(optionsOf(words({ 'node-role': nodes })).options);
    assert.throws(() => assertFits(document, DEFAULT_QUOTA), /and the quota of this account is 2048$/);
    assertFits(document, 4096);
  });
});
