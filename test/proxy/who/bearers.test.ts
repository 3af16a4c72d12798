// What is remembered of a token, for how long, and what counts while the API server cannot tell.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { CallFailure } from '../../../src/proxy/who/answers.ts';
import type { KubeApi } from '../../../src/proxy/who/api.ts';
import { Bearers } from '../../../src/proxy/who/bearers.ts';
import type { TokenClaims } from '../../../src/proxy/who/token-claims.ts';

const claims: TokenClaims = { podUid: 'u-1', nodeName: null, expiresAtMs: 4_102_444_800_000 };
const bearer = { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'u-1' };
const accepted = {
  authenticated: true,
  audiences: ['pod-iam.dev'],
  user: {
    username: 'system:serviceaccount:shop:web',
    extra: {
      'authentication.kubernetes.io/pod-name': ['web-1'],
      'authentication.kubernetes.io/pod-uid': ['u-1'],
    },
  },
};

describe('whose a token is', () => {
  let asked: string[];
  let outcomes: string[];
  let answer: (token: string) => object | Promise<object>;
  let bearers: Bearers;

  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now: 1_000_000_000_000 });
    mock.method(performance, 'now', () => Date.now());
    asked = [];
    outcomes = [];
    answer = () => accepted;
    const post: KubeApi['post'] = async (path, body) => {
      const { spec } = body as { spec: { token: string; audiences: string[] } };
      assert.deepEqual(
        [path, spec.audiences],
        ['/apis/authentication.k8s.io/v1/tokenreviews', ['pod-iam.dev']],
      );
      asked.push(spec.token);
      return { status: await answer(spec.token) };
    };
    bearers = new Bearers({
      api: { post } as KubeApi,
      audience: 'pod-iam.dev',
      onReview: (outcome) => outcomes.push(outcome),
    });
  });
  afterEach(() => {
    mock.restoreAll();
    mock.timers.reset();
  });

  const outage = () => {
    throw new CallFailure(0, 'the API server cannot be reached: ECONNREFUSED');
  };
  const of = (token: string, address = '10.0.0.1') => bearers.of(token, claims, address);
  const kindOf = async (token: string, address?: string) =>
    (await of(token, address)).fault?.kind ?? 'accepted';

  test('is asked once a minute while it is accepted', async () => {
    assert.deepEqual(await of('a'), { bearer, fault: null });
    mock.timers.setTime(Date.now() + 59_000);
    await of('a');
    assert.equal(asked.length, 1);
    mock.timers.setTime(Date.now() + 2_000);
    await of('a');
    assert.equal(asked.length, 2);
    await of('b');
    assert.deepEqual(asked, ['a', 'a', 'b']);
  });

  test('ends within that minute when the API server no longer accepts it', async () => {
    await of('a');
    answer = () => ({ authenticated: false, error: 'service account token has been invalidated' });
    mock.timers.setTime(Date.now() + 61_000);
    assert.equal(await kindOf('a'), 'not-accepted');
    answer = outage;
    mock.timers.setTime(Date.now() + 61_000);
    assert.equal(await kindOf('a'), 'unavailable');
  });

  test('counts for as long as the API server cannot tell, which is asked again every two seconds', async () => {
    await of('a');
    answer = outage;
    for (let seconds = 61; seconds < 3_600; seconds += 600) {
      mock.timers.setTime(Date.now() + seconds * 1000);
      assert.equal(await kindOf('a'), 'accepted');
      assert.equal(await kindOf('a'), 'accepted');
    }
    assert.equal(asked.length, 1 + 6);
    assert.equal(await kindOf('b'), 'unavailable');
    answer = () => ({});
    mock.timers.setTime(Date.now() + 2_001);
    assert.equal(await kindOf('a'), 'not-accepted');
  });

  test('keeps nobody waiting for long whose token was accepted before', async () => {
    await of('a');
    let answered: (status: object) => void = () => {};
    answer = () =>
      new Promise((resolve) => {
        answered = resolve;
      });
    mock.timers.setTime(Date.now() + 61_000);
    // The clocks of this test stand still; this one does not.
    const started = process.hrtime.bigint();
    assert.equal(await kindOf('a'), 'accepted');
    // A token that was never accepted would be waited for for 3 s.
    assert.ok(process.hrtime.bigint() - started < 2_500_000_000n);
    // The answer counts all the same when it comes.
    answered({});
    await new Promise((done) => setImmediate(done));
    assert.equal(await kindOf('a'), 'not-accepted');
    assert.equal(asked.length, 2);
  });

  test('is remembered for ten seconds when it is refused', async () => {
    answer = () => ({ authenticated: false });
    assert.equal(await kindOf('a'), 'not-accepted');
    answer = () => accepted;
    assert.equal(await kindOf('a'), 'not-accepted');
    mock.timers.setTime(Date.now() + 10_001);
    assert.equal(await kindOf('a'), 'accepted');
  });

  test('is nobody unless it is that of a service account in one pod', async () => {
    const { user } = accepted;
    const odd = [
      { ...user, username: 'system:node:n1' },
      { ...user, username: 'system:serviceaccount:shop' },
      { ...user, username: 'system:serviceaccount:shop:web:x' },
      { username: user.username },
      { ...user, extra: { ...user.extra, 'authentication.kubernetes.io/pod-uid': [] } },
      { ...user, extra: { ...user.extra, 'authentication.kubernetes.io/pod-uid': ['u-1', 'u-2'] } },
    ];
    for (const [i, each] of odd.entries()) {
      answer = () => ({ ...accepted, user: each });
      assert.equal(await kindOf(`odd-${i}`), 'not-served');
    }
    for (const audiences of [undefined, [], ['https://kubernetes.default.svc']]) {
      answer = () => ({ ...accepted, audiences });
      assert.equal(await kindOf(`audience-${audiences}`), 'not-accepted');
    }
  });

  test('is asked for one address only so often when it is refused, and at most so often for all', async () => {
    answer = () => ({});
    const kinds: string[] = [];
    for (let i = 0; i < 30; i++) kinds.push(await kindOf(`bad-${i}`));
    assert.deepEqual([kinds.indexOf('too-many'), asked.length], [20, 20]);
    mock.timers.setTime(Date.now() + 5_000);
    for (let i = 30; i < 60; i++) await of(`bad-${i}`);
    assert.equal(asked.length, 25);
    assert.equal(await kindOf('other', '10.0.0.2'), 'not-accepted');
    answer = () => accepted;
    asked.length = 0;
    for (let i = 0; i < 600; i++) await of(`good-${i}`, '10.0.0.3');
    assert.ok(asked.length >= 490 && asked.length <= 500, `${asked.length}`);
    assert.equal(await kindOf('good-0', '10.0.0.4'), 'accepted');
    assert.equal(outcomes.at(-1), 'dropped');
  });

  test('is remembered of so many at most, and no refused token drives out an accepted one', async () => {
    await of('first');
    answer = (token) => (token.startsWith('bad') ? {} : accepted);
    for (let i = 0; i < 1_500; i++) {
      mock.timers.setTime(Date.now() + 25);
      await of(`bad-${i}`, `10.0.1.${i % 250}`);
    }
    const before = asked.length;
    assert.ok(before > 1_400, `${before}`);
    assert.equal(await kindOf('first'), 'accepted');
    assert.equal(asked.length, before);
  });
});
