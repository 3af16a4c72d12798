// The reading of a token's claims as a property: whatever is sent, it is a fault or a pod of ours.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTokenClaims } from '../../../src/proxy/who/token-claims.ts';
import fc from '../../helpers/property.ts';
import { jwt, serviceAccountToken } from '../../helpers/service-account-token.ts';

const AUDIENCE = 'pod-iam.dev';
const token = (more: object = {}) =>
  serviceAccountToken({
    audiences: [AUDIENCE],
    namespace: 'shop',
    serviceAccount: 'web',
    pod: { name: 'web-1', uid: 'u-1' },
    node: 'n1',
    expiresInSeconds: 600,
    ...more,
  });

describe("the reading of a token's claims", () => {
  test('tells pod, node and end', () => {
    const { claims } = readTokenClaims(token(), AUDIENCE);
    assert.deepEqual([claims?.podUid, claims?.nodeName], ['u-1', 'n1']);
    assert.ok(Math.abs(claims!.expiresAtMs - Date.now() - 600_000) < 2_000);
    assert.equal(readTokenClaims(token({ node: null }), AUDIENCE).claims?.nodeName, null);
  });

  test('takes one audience or a list, and only a whole one', () => {
    const exp = Date.now() / 1000 + 600;
    const pod = { 'kubernetes.io': { pod: { uid: 'u-1' } } };
    const kindOf = (aud: unknown) =>
      readTokenClaims(jwt({ exp, aud, ...pod }), AUDIENCE).fault?.kind ?? 'read';
    assert.equal(kindOf(AUDIENCE), 'read');
    assert.equal(kindOf(['x', AUDIENCE]), 'read');
    for (const aud of ['pod-iam.dev.evil', 'Pod-IAM.dev', [[AUDIENCE]], { 0: AUDIENCE }, [], null, undefined])
      assert.equal(kindOf(aud), 'not-accepted');
  });

  test('never throws, and finds a pod in nothing but a token that names one for this audience', () => {
    const odd = fc.anything({ maxDepth: 3 });
    // Mostly right, so that whole tokens come up as well.
    const mostly = <T>(...right: T[]) =>
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: odd });
    const claims = fc.record(
      {
        exp: mostly(4_102_444_800),
        aud: mostly<unknown>(AUDIENCE, [AUDIENCE]),
        'kubernetes.io': fc.oneof(
          fc.record({ pod: fc.oneof(fc.record({ uid: mostly('u-1') }), odd), node: odd }),
          odd,
        ),
      },
      { requiredKeys: [] },
    );
    let read = 0;
    const text = fc.oneof(
      claims.map((each) => jwt(JSON.parse(JSON.stringify(each, plain)))),
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.base64String(), fc.base64String()).map(([a, b]) => `${a}.${b}.x`),
    );
    fc.assert(
      fc.property(text, (authorization) => {
        const { claims: found, fault } = readTokenClaims(authorization, AUDIENCE);
        if (!found) return assert.match(fault.why, /^the /);
        read++;
        const said = JSON.parse(Buffer.from(authorization.split('.')[1]!, 'base64url').toString());
        assert.equal(said['kubernetes.io'].pod.uid, found.podUid);
        assert.ok([said.aud].flat().includes(AUDIENCE));
        assert.ok(found.expiresAtMs > Date.now());
      }),
      { numRuns: 3_000 },
    );
    assert.ok(read > 40, `${read} of them were tokens`);
  });
});

/** What JSON cannot say. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
