// What generate writes, whatever it is asked for: IAM saves it, the check has nothing against it, the
// caller that it was made for gets in, and a neighbour does not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluateTrust } from '../../src/model/evaluate.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { generateTrustPolicy } from '../../src/trust-policy/generate.ts';
import fc from '../helpers/property.ts';
import { broken } from './helpers.ts';

type Context = Record<string, string[]>;

const account = fc.stringMatching(/^[2-9]\d{11}$/).filter((id) => id !== '123456789012');
const partition = fc.constantFrom('aws', 'aws-cn', 'aws-us-gov');
const kubernetesName = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const organisation = 'o-a1b2c3d4e5';

/** A pattern, and a name that fits it. */
const sample = (pattern: string): string => pattern.replaceAll('*', 'some').replaceAll('?', 'x');

function decide(text: string, caller: string, role: string, action: string, context: Context): string {
  const parsed = parsePolicy(text);
  assert.ok(parsed.ok, text);
  return evaluateTrust(parsed.policy, { caller, role, action, context, identityPolicies: 'silent' }).decision;
}

describe('generateTrustPolicy, whatever it is asked for', () => {
  it('lets the nodes in that it names, under what it demands', () => {
    const node = fc.record({
      kind: fc.constantFrom('role', 'role/team', 'user', 'assumed-role'),
      name: fc.stringMatching(/^[\w+=,.@-]{2,30}$/),
    });
    const options = fc.record({
      id: account,
      part: partition,
      nodes: fc.array(node, { minLength: 1, maxLength: 5 }),
      externalId: fc.option(fc.stringMatching(/^[\w+=,.@:/-]{2,40}$/)),
      isOfOrganisation: fc.boolean(),
      sessionName: fc.option(fc.stringMatching(/^[\w+=,.@-][\w+=,.@*?-]{1,30}$/)),
    });
    fc.assert(
      fc.property(options, ({ id, part, nodes, externalId, isOfOrganisation, sessionName }) => {
        const callers = nodes.map(({ kind, name }) =>
          kind === 'assumed-role'
            ? `arn:${part}:sts::${id}:assumed-role/${name}/i-0abc`
            : `arn:${part}:iam::${id}:${kind}/${name}`,
        );
        const text = generateTrustPolicy({
          ...{ mode: 'proxy', nodeIdentities: callers, externalId, sessionName },
          organisation: isOfOrganisation ? organisation : null,
        });
        assert.deepEqual(
          broken(text, { nodeIdentities: callers }).map(({ code, observed }) => `${code} ${observed}`),
          [],
        );
        const context: Context = {
          ...(externalId && { 'sts:ExternalId': [externalId] }),
          ...(sessionName && { 'sts:RoleSessionName': [sample(sessionName)] }),
          ...(isOfOrganisation && { 'aws:PrincipalOrgID': [organisation] }),
        };
        const role = `arn:${part}:iam::${id}:role/app`;
        const ask = (caller: string, given: Context) => decide(text, caller, role, 'sts:AssumeRole', given);
        for (const caller of callers) {
          assert.equal(ask(caller, context), 'allow');
          for (const key of Object.keys(context)) {
            assert.equal(ask(caller, { ...context, [key]: ['~'] }), 'deny');
          }
        }
        assert.equal(ask(`arn:${part}:iam::${id}:role/another.one.of.this.account`, context), 'deny');
      }),
    );
  });

  it('lets the service accounts in that it names by their tokens', () => {
    const options = fc.record({
      id: account,
      part: partition,
      issuer: fc.stringMatching(/^oidc\.eks\.eu-west-1\.amazonaws\.com\/id\/[0-9A-F]{32}$/),
      isArn: fc.boolean(),
      namespace: kubernetesName,
      name: kubernetesName,
      star: fc.constantFrom('', '*'),
      audience: fc.constantFrom(undefined, 'sts.amazonaws.com', 'sts.amazonaws.com.cn'),
    });
    fc.assert(
      fc.property(options, ({ id, part, issuer, isArn, namespace, name, star, audience }) => {
        const provider = `arn:${part}:iam::${id}:oidc-provider/${issuer}`;
        const text = generateTrustPolicy({
          ...{ mode: 'irsa', issuer: isArn ? provider : `https://${issuer}`, account: id, partition: part },
          ...{ namespace, serviceAccount: name + star, ...(audience && { audience }) },
        });
        assert.deepEqual(broken(text), []);
        const claims = (subject: string, audienceIs: string = audience ?? 'sts.amazonaws.com'): Context => ({
          [`${issuer}:sub`]: [`system:serviceaccount:${subject}`],
          [`${issuer}:aud`]: [audienceIs],
        });
        const ask = (context: Context): string =>
          decide(text, provider, `arn:${part}:iam::${id}:role/app`, 'sts:AssumeRoleWithWebIdentity', context);
        assert.equal(ask(claims(`${namespace}:${name}`)), 'allow');
        assert.equal(ask(claims(`${namespace}:${name}-2`)), star ? 'allow' : 'deny');
        assert.equal(ask(claims(`${namespace}2:${name}`)), 'deny');
        assert.equal(ask(claims(`${namespace}:${name}`, 'another')), 'deny');
        assert.equal(ask({}), 'unknown');
      }),
    );
  });

  it('lets the pods in that it names by Pod Identity', () => {
    const options = fc.record({
      id: account,
      part: partition,
      hasCluster: fc.boolean(),
      namespace: kubernetesName,
      name: kubernetesName,
      star: fc.constantFrom('', '*'),
    });
    fc.assert(
      fc.property(options, ({ id, part, hasCluster, namespace, name, star }) => {
        const clusterArn = `arn:${part}:eks:eu-west-1:${id}:cluster/prod`;
        const text = generateTrustPolicy({
          ...{ mode: 'pod-identity', namespace, serviceAccount: name + star },
          ...(hasCluster ? { clusterArn } : { account: id }),
        });
        assert.deepEqual(broken(text), []);
        const tags: Context = {
          'aws:SourceAccount': [id],
          'aws:SourceArn': [clusterArn],
          'aws:RequestTag/kubernetes-namespace': [namespace],
          'aws:RequestTag/kubernetes-service-account': [name],
        };
        const ask = (action: string, more: Context = {}): string =>
          decide(text, 'pods.eks.amazonaws.com', `arn:${part}:iam::${id}:role/app`, action, {
            ...tags,
            ...more,
          });
        for (const action of ['sts:AssumeRole', 'sts:TagSession']) assert.equal(ask(action), 'allow');
        const other = { 'aws:RequestTag/kubernetes-service-account': [`${name}-2`] };
        assert.equal(ask('sts:AssumeRole', other), star ? 'allow' : 'deny');
        assert.equal(ask('sts:AssumeRole', { 'aws:RequestTag/kubernetes-namespace': ['-'] }), 'deny');
        assert.equal(ask('sts:AssumeRole', { 'aws:SourceAccount': ['-'] }), 'deny');
        assert.equal(
          ask('sts:AssumeRole', { 'aws:SourceArn': [`${clusterArn}2`] }),
          hasCluster ? 'deny' : 'allow',
        );
      }),
    );
  });
});
