// What must hold of the evaluator whatever the documents say: over random trust policies, policies of the
// caller, callers and worlds of which more or less is known.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluateTrust, type TrustRequest } from '../../src/model/evaluate.ts';
import { type Policy, parsePolicy } from '../../src/model/policy.ts';
import fc from '../helpers/property.ts';

const HOME = '111122223333';
const AWAY = '444455556666';
const node = `arn:aws:iam::${HOME}:role/node`;
const session = `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`;
const user = `arn:aws:iam::${HOME}:user/ann`;
const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE';
const provider = `arn:aws:iam::${HOME}:oidc-provider/${issuer}`;

type Json = Record<string, unknown>;

const RUNS = { numRuns: 400 };

const principal = fc.constantFrom<Json>(
  ...[node, session, user, HOME, `arn:aws:iam::${HOME}:root`, '*', `${node}s`].map((AWS) => ({ AWS })),
  ...[AWAY, `arn:aws:iam::${AWAY}:role/node`, 'AROAEXAMPLEEXAMPLE123'].map((AWS) => ({ AWS })),
  { Service: 'ec2.amazonaws.com' },
  { Federated: provider },
);

/** Values by key of a whole world; an empty list is an absent key. */
const VALUES: Readonly<Record<string, readonly string[][]>> = {
  'sts:ExternalId': [[], ['blue'], ['green']],
  'sts:RoleSessionName': [[], ['ann'], ['blue']],
  'aws:TagKeys': [[], ['team'], ['team', 'env']],
  'aws:SourceIp': [[], ['10.1.2.3'], ['2001:db8::1']],
  'aws:MultiFactorAuthPresent': [[], ['true'], ['false']],
  'aws:PrincipalTag/team': [[], ['blue'], ['*']],
  'aws:CurrentTime': [['2026-01-01T00:00:00Z'], ['2027-01-01T00:00:00Z']],
  'aws:userid': [['AROAEXAMPLE1:i-0abc'], ['AROAEXAMPLE2:i-0abc']],
  'aws:PrincipalOrgPaths': [[], ['o-a/r-b/ou-c/'], ['o-a/r-b/ou-d/', 'o-a/r-b/ou-c/']],
  [`${issuer}:sub`]: [[], ['system:serviceaccount:shop:web']],
};

const line = (operators: string[], key: string, values: string[]): fc.Arbitrary<Json> =>
  fc
    .record({
      set: fc.constantFrom('', '', 'ForAnyValue:', 'ForAllValues:'),
      operator: fc.constantFrom(...operators),
      ifExists: fc.constantFrom('', '', 'IfExists'),
      wanted: fc.subarray(values, { minLength: 1 }),
    })
    .map(({ set, operator, ifExists, wanted }) => ({ [set + operator + ifExists]: { [key]: wanted } }));

const STRING = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase'];
const condition = fc.oneof(
  fc.constant({}),
  line(STRING, 'sts:ExternalId', ['blue', 'b*', '${aws:PrincipalTag/team}', "${aws:username, 'green'}"]),
  line(STRING, 'sts:RoleSessionName', ['ann', '${aws:username}', '*']),
  line(STRING, 'aws:userid', ['*:i-0abc', '*:i-0def', 'AROAEXAMPLE1:*', 'AROAEXAMPLE1:i-0abc', '*1:i-?abc']),
  line(STRING, 'aws:TagKeys', ['team', 'e*']),
  line(STRING, 'aws:PrincipalOrgPaths', ['o-a/*', 'o-a/r-b/ou-d/']),
  line(STRING, `${issuer}:sub`, ['system:serviceaccount:shop:*', 'system:serviceaccount:shop:web']),
  line(['IpAddress', 'NotIpAddress'], 'aws:SourceIp', ['10.0.0.0/8', '2001:db8::/32']),
  line(['Bool'], 'aws:MultiFactorAuthPresent', ['true', 'false']),
  line(['DateLessThan', 'DateGreaterThan', 'DateNotEquals'], 'aws:CurrentTime', ['2026-06-01T00:00:00Z']),
  line(['ArnLike', 'ArnNotLike'], 'aws:PrincipalArn', [`arn:aws:iam::${HOME}:role/n*`, user]),
  fc
    .tuple(fc.constantFrom(...Object.keys(VALUES)), fc.constantFrom('true', 'false'))
    .map(([key, isNull]) => ({ Null: { [key]: isNull } })),
);

const ACTIONS = ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity', 'sts:*', 'sts:TagSession'];
const common = {
  Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  Action: fc.constantFrom(...ACTIONS),
  Condition: condition,
};
const trusted = fc.record({ ...common, Principal: principal });
const own = fc.record({
  ...common,
  Resource: fc.constantFrom(
    '*',
    `arn:aws:iam::${HOME}:role/app`,
    `arn:aws:iam::${HOME}:role/\${aws:username}`,
  ),
});
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 4 });

interface Documents {
  trust: Json[];
  identity: Json[] | 'any' | 'silent';
  boundary: Json[] | null;
  sessions: Json[] | null;
}

const documents = fc.record<Documents>({
  trust: some(trusted),
  identity: fc.oneof(fc.constantFrom('any' as const, 'silent' as const), some(own)),
  boundary: fc.option(some(own)),
  sessions: fc.option(some(own)),
});

const callers = [node, session, user, `arn:aws:iam::${AWAY}:role/node`, 'ec2.amazonaws.com', provider];

/** A request in a world of which some is known. */
const request = fc
  .record({
    caller: fc.constantFrom(...callers),
    role: fc.constantFrom(`arn:aws:iam::${HOME}:role/app`, `arn:aws:iam::${HOME}:role/ann`),
    world: fc.record(
      Object.fromEntries(Object.entries(VALUES).map(([key, values]) => [key, fc.constantFrom(...values)])),
    ) as fc.Arbitrary<World>,
    known: fc.subarray(Object.keys(VALUES)),
  })
  .map(({ caller, role, world, known }) => {
    const whole = { ...world, ...absentFor(caller) };
    const context = Object.fromEntries(known.map((key) => [key, whole[key]!]));
    return { caller, role, whole, context };
  });

type World = Record<string, string[]>;

/** Who brings a token is nobody in an organisation, and nobody else brings claims. */
function absentFor(caller: string): World {
  if (caller.startsWith('arn:') && caller !== provider) return { [`${issuer}:sub`]: [] };
  const claims: World = caller === provider ? {} : { [`${issuer}:sub`]: [] };
  return { ...claims, 'aws:PrincipalOrgPaths': [], 'aws:PrincipalTag/team': [] };
}

function policyOf(kind: 'trust' | 'identity', Statement: Json[]): Policy {
  const parsed = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement }), kind);
  assert.ok(parsed.ok, JSON.stringify(parsed.faults));
  return parsed.policy;
}

function decide(
  { trust, identity, boundary, sessions }: Documents,
  request: Pick<TrustRequest, 'caller' | 'role' | 'context'>,
) {
  const { decision, because, needs } = evaluateTrust(policyOf('trust', trust), {
    ...request,
    action: request.caller === provider ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole',
    parametersAreUnknown: true,
    identityPolicies: typeof identity === 'string' ? identity : [policyOf('identity', identity)],
    permissionsBoundary: boundary && policyOf('identity', boundary),
    sessionPolicies: sessions && [policyOf('identity', sessions)],
  });
  assert.notEqual(because, '');
  if (decision === 'unknown') assert.ok(needs.length > 0, 'an unknown names what would decide it');
  if (decision === 'allow') assert.deepEqual(needs, []);
  return decision;
}

const RANKS = { deny: 0, unknown: 1, allow: 2 };

describe('whatever the documents say', () => {
  it('random documents are answered in all three ways', () => {
    const all = fc.sample(fc.tuple(documents, request), { numRuns: 300, seed: 1 });
    const seen = new Set(all.map(([policies, asked]) => decide(policies, asked)));
    assert.deepEqual([...seen].sort(), ['allow', 'deny', 'unknown']);
  });

  it('a further Deny, in whichever policy, never lets anyone in', () => {
    const where = fc.constantFrom('trust', 'identity', 'boundary', 'sessions');
    fc.assert(
      fc.property(documents, request, where, trusted, own, (policies, asked, kind, here, there) => {
        const old = policies[kind as keyof Documents];
        const list = Array.isArray(old) ? old : [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }];
        const deny = { ...(kind === 'trust' ? here : there), Effect: 'Deny' };
        const before = decide({ ...policies, [kind]: list }, asked);
        const after = decide({ ...policies, [kind]: [...list, deny] }, asked);
        assert.ok(RANKS[after] <= RANKS[before], `${before} became ${after}`);
      }),
      RUNS,
    );
  });

  it('a further Allow in the trust policy never shuts anyone out', () => {
    fc.assert(
      fc.property(documents, request, trusted, (policies, asked, one) => {
        const trust = [...policies.trust, { ...one, Effect: 'Allow' }];
        const [before, after] = [decide(policies, asked), decide({ ...policies, trust }, asked)];
        assert.ok(RANKS[after] >= RANKS[before], `${before} became ${after}`);
      }),
      RUNS,
    );
  });

  it('a permissions boundary or a session policy never lets anyone in', () => {
    fc.assert(
      fc.property(documents, request, some(own), (policies, asked, limits) => {
        const before = decide({ ...policies, boundary: null, sessions: null }, asked);
        for (const kind of ['boundary', 'sessions']) {
          const after = decide({ ...policies, boundary: null, sessions: null, [kind]: limits }, asked);
          assert.ok(RANKS[after] <= RANKS[before], `${before} became ${after} by ${kind}`);
        }
      }),
      RUNS,
    );
  });

  it('the order of statements does not matter', () => {
    const backwards = <T>(list: T): T => (Array.isArray(list) ? (list.toReversed() as T) : list);
    fc.assert(
      fc.property(documents, request, (policies, asked) => {
        const { trust, identity, boundary, sessions } = policies;
        const turned = {
          trust: backwards(trust),
          identity: backwards(identity),
          boundary: backwards(boundary),
          sessions: backwards(sessions),
        };
        assert.equal(decide(turned, asked), decide(policies, asked));
      }),
      RUNS,
    );
  });

  it('a sure answer stays whatever else becomes known', () => {
    fc.assert(
      fc.property(documents, request, (policies, asked) => {
        const before = decide(policies, asked);
        if (before !== 'unknown') assert.equal(decide(policies, { ...asked, context: asked.whole }), before);
      }),
      { numRuns: 2000 },
    );
  });

  it('nothing is unknown when the world and the session are known', () => {
    fc.assert(
      fc.property(documents, request, (policies, asked) => {
        // A role's ARN does not tell which of its sessions calls.
        fc.pre(asked.caller !== node);
        assert.notEqual(decide(policies, { ...asked, context: asked.whole }), 'unknown');
      }),
      RUNS,
    );
  });
});
