// A full node of distinct roles at once, against an STS that allows an account 20 calls per second and 40
// together: everybody is served in the end, and no storm of refused calls eats up what STS allows.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { withAttempts } from '../../../src/proxy/credentials/attempts.ts';
import { Gate } from '../../../src/proxy/credentials/gate.ts';
import { CredentialFailure, type Credentials, type Identity } from '../../../src/proxy/credentials/types.ts';
import { Vault } from '../../../src/proxy/credentials/vault.ts';
import { type HandClocks, handClocks } from '../../helpers/clocks.ts';

const PODS = 250;
const ALLOWED = { perSecond: 20, burst: 40 };
const LATENCY_MS = 200;

const identity = (nth: number): Identity => ({
  roleArn: `arn:aws:iam::111122223333:role/role-${nth}`,
  externalId: null,
  sessionName: 'session',
  durationSeconds: 3600,
});

describe('an STS that throttles', () => {
  let clocks: HandClocks;
  let vault: Vault;
  let calls: number;
  let throttled: number;
  /** When each role was issued, in ms. */
  let issuedAtMs: Map<string, number>;

  beforeEach(() => {
    clocks = handClocks();
    calls = 0;
    throttled = 0;
    issuedAtMs = new Map();
    let allowed = ALLOWED.burst;
    let filledAtMs = 0;
    const ask = async ({ roleArn, durationSeconds }: Identity): Promise<Credentials> => {
      calls++;
      allowed = Math.min(ALLOWED.burst, allowed + ((clocks.nowMs - filledAtMs) / 1000) * ALLOWED.perSecond);
      filledAtMs = clocks.nowMs;
      const isAllowed = allowed >= 1;
      if (isAllowed) allowed--;
      await new Promise((done) => setTimeout(done, isAllowed ? LATENCY_MS : 20));
      if (!isAllowed) {
        throttled++;
        throw new CredentialFailure('throttled', 'CR005', 'Throttling', 'STS is throttling; ask again');
      }
      issuedAtMs.set(roleArn, clocks.nowMs);
      const lifeMs = durationSeconds * 1000;
      return {
        accessKeyId: 'ASIA',
        secretAccessKey: 's',
        sessionToken: 't',
        issuedAtMs: Date.now(),
        expiresAtMs: Date.now() + lifeMs,
        lifeMs,
        endsAtMs: Date.now() + lifeMs,
        endsAtSteadyMs: performance.now() + lifeMs,
        assumedRoleId: 'AROA:x',
      };
    };
    vault = new Vault(withAttempts(new Gate(), ask), { issued() {}, failed() {}, putOff() {}, hit() {} });
  });
  afterEach(() => {
    vault.close();
    clocks.restore();
  });

  const pass = async (ms: number) => {
    for (const endMs = clocks.nowMs + ms; clocks.nowMs < endMs; ) {
      clocks.tick(Math.min(5, endMs - clocks.nowMs));
      for (let i = 0; i < 8; i++) await Promise.resolve();
    }
  };
  const holdAll = () => {
    for (let nth = 0; nth < PODS; nth++) vault.hold(`pod-${nth}`, identity(nth));
  };

  test('250 roles fetched ahead are all there in the end, at about the pace that STS allows', async (t) => {
    holdAll();
    // N calls take (N - burst) / rate at the very least: 10.5 s.
    await pass(25_000);
    const lastMs = Math.max(...issuedAtMs.values());
    t.diagnostic(
      `${issuedAtMs.size} of ${PODS}, ${calls} calls, ${throttled} throttled, the last after ${lastMs} ms`,
    );
    assert.equal(issuedAtMs.size, PODS);
    assert.ok(lastMs < 15_000, `the last after ${lastMs} ms`);
    assert.ok(calls < 2 * PODS, `${calls} calls`);
    // All but what the account allows at once is refused once, and hardly any a second time.
    assert.ok(throttled < PODS, `${throttled} throttled`);
  });

  test('pods that wait go before all that is only fetched ahead', async (t) => {
    holdAll();
    await pass(1_000);
    const missing = Array.from({ length: PODS }, (_, nth) => nth).filter(
      (nth) => !issuedAtMs.has(identity(nth).roleArn),
    );
    const waiting = missing.slice(-10);
    assert.ok(missing.length > 100, `${missing.length} are missing`);
    const askedAtMs = clocks.nowMs;
    const took: number[] = [];
    for (const nth of waiting)
      void vault.get(identity(nth), 'p').then(() => took.push(clocks.nowMs - askedAtMs));
    await pass(2_000);
    t.diagnostic(`${took.length} of 10 within ${Math.max(...took)} ms, ${issuedAtMs.size} issued in all`);
    assert.equal(took.length, waiting.length);
    assert.ok(Math.max(...took) < 1_500, `${took} ms`);
  });
});
