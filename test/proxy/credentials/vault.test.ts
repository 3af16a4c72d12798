// The vault by a clock of its own: when STS is asked, what is served meanwhile, and for how long a
// failure is remembered.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { MIN_LEFT_MS } from '../../../src/proxy/credentials/life.ts';
import { CredentialFailure, type Credentials, type Identity } from '../../../src/proxy/credentials/types.ts';
import { OF_EACH_POD, Vault } from '../../../src/proxy/credentials/vault.ts';
import { type HandClocks, handClocks } from '../../helpers/clocks.ts';

const MINUTE = 60_000;
const identity = (name = 'blue', durationSeconds = 3600): Identity => ({
  roleArn: `arn:aws:iam::111122223333:role/${name}`,
  externalId: null,
  sessionName: `shop.${name}`,
  durationSeconds,
});
const refused = () => new CredentialFailure('refused', 'TP018', 'AccessDenied', 'no');
const down = () => new CredentialFailure('unavailable', 'CR006', 'ECONNREFUSED', 'down');

describe('the vault', () => {
  let clocks: HandClocks;
  let vault: Vault;
  /** Start times of the calls, in ms. */
  let calls: number[];
  let fault: (() => CredentialFailure) | null;
  let failures: number;
  let putOff: string[];
  /** How far the node's clock is ahead of STS's. */
  let aheadMs: number;
  /** What STS gives in place of what is asked for. */
  let givenMs: number | null;
  let answers: Promise<void>;

  beforeEach(() => {
    clocks = handClocks();
    calls = [];
    fault = null;
    failures = 0;
    putOff = [];
    aheadMs = 0;
    givenMs = null;
    answers = Promise.resolve();
    vault = new Vault(
      async (asked) => {
        calls.push(Date.now());
        await answers;
        if (fault) throw fault();
        return issue(asked);
      },
      { issued: () => {}, failed: () => failures++, putOff: (uid) => putOff.push(uid), hit: () => {} },
    );
  });
  afterEach(() => {
    vault.close();
    clocks.restore();
  });

  const issue = (asked: Identity): Credentials => {
    const lifeMs = givenMs ?? asked.durationSeconds * 1000;
    return {
      accessKeyId: `ASIA${calls.length}`,
      secretAccessKey: 's',
      sessionToken: 't',
      issuedAtMs: Date.now(),
      expiresAtMs: Date.now() - aheadMs + lifeMs,
      lifeMs,
      endsAtMs: Date.now() + lifeMs,
      endsAtSteadyMs: performance.now() + lifeMs,
      assumedRoleId: 'AROA:x',
    };
  };
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const pass = async (ms: number, step = MINUTE / 4) => {
    for (let done = 0; done < ms; done += step) {
      clocks.tick(Math.min(step, ms - done));
      await settle();
    }
  };

  test('never serves less than 25 minutes over a day, with a call about every half hour', async () => {
    vault.hold('pod', identity());
    await settle();
    for (let minute = 0; minute < 24 * 60; minute++) {
      await pass(MINUTE);
      const { expiresAtMs } = await vault.get(identity(), 'p');
      assert.ok(expiresAtMs - Date.now() >= MIN_LEFT_MS, `minute ${minute}`);
    }
    assert.ok(calls.length >= 43 && calls.length <= 55, `${calls.length} calls`);
  });

  test('renews at moments that differ, so that a node does not ask for all at once', async () => {
    for (let i = 0; i < 20; i++) vault.hold(`pod-${i}`, identity(`role-${i}`));
    await pass(40 * MINUTE, 1_000);
    const renewals = new Set(calls.slice(20));
    assert.ok(renewals.size >= 10, `${renewals.size} different moments`);
  });

  test('asks again by itself after an outage, and serves what is valid meanwhile', async () => {
    vault.hold('pod', identity());
    await settle();
    fault = down;
    await pass(58 * MINUTE);
    const { accessKeyId } = await vault.get(identity(), 'p');
    assert.equal(accessKeyId, 'ASIA1');
    assert.ok(failures > 10);
    fault = null;
    await pass(2 * MINUTE);
    assert.ok((await vault.get(identity(), 'p')).expiresAtMs - Date.now() > 50 * MINUTE);
  });

  test('tells of a call that is still without an answer when its caller gives up', async () => {
    answers = new Promise(() => {});
    vault.hold('pod', identity());
    const asked = assert.rejects(vault.get(identity(), 'p'), {
      message: 'STS has not answered yet; ask again',
    });
    await pass(3_500, 100);
    assert.equal(failures, 0);
    await pass(600, 100);
    await asked;
    assert.deepEqual([failures, calls.length], [1, 1]);
  });

  test('serves nothing that has expired', async () => {
    vault.hold('pod', identity());
    await settle();
    fault = down;
    await pass(61 * MINUTE);
    await assert.rejects(vault.get(identity(), 'p'), { message: 'down' });
  });

  test('takes what has expired before it came for a failure, and says so', async () => {
    givenMs = 0;
    await assert.rejects(vault.get(identity(), 'p'), { check: 'CR005', errorCode: 'expired' });
    assert.equal(vault.peek(identity()).credentials, null);
  });

  test('remembers a refusal for 5 to 10 seconds, then asks once more when asked', async () => {
    fault = refused;
    vault.hold('pod', identity());
    await settle();
    for (let i = 0; i < 50; i++) await assert.rejects(vault.get(identity(), 'p'), { message: 'no' });
    assert.equal(calls.length, 1);
    await pass(4_900, 100);
    await assert.rejects(vault.get(identity(), 'p'));
    assert.equal(calls.length, 1);
    await pass(5_200, 100);
    await assert.rejects(vault.get(identity(), 'p'));
    assert.equal(calls.length, 2);
    fault = null;
    await pass(10_100, 100);
    assert.equal((await vault.get(identity(), 'p')).accessKeyId, 'ASIA3');
  });

  test('does not ask about a refused identity that no pod asks for', async () => {
    fault = refused;
    vault.hold('pod', identity());
    await pass(60 * MINUTE);
    assert.equal(calls.length, 1);
  });

  test('goes on serving valid credentials when the renewal is refused', async () => {
    vault.hold('pod', identity());
    await settle();
    fault = refused;
    await pass(45 * MINUTE);
    assert.equal((await vault.get(identity(), 'p')).accessKeyId, 'ASIA1');
  });

  test('drops an identity with its last pod, and renews nothing for it', async () => {
    vault.hold('one', identity());
    vault.hold('two', identity());
    await settle();
    vault.hold('one', null);
    await pass(40 * MINUTE);
    assert.equal(calls.length, 2);
    vault.hold('two', null);
    await pass(120 * MINUTE);
    assert.equal(calls.length, 2);
    assert.deepEqual(vault.stock(), { held: 0, leastLeftMs: null });
  });

  test('keeps nothing of an identity whose last pod goes while STS is asked, whatever STS says then', async () => {
    for (const outcome of [null, refused, down]) {
      fault = outcome;
      vault.hold('pod', identity());
      vault.hold('pod', null);
      await settle();
      assert.equal(vault.size, 0, String(outcome?.().kind));
    }
  });

  test('a caller that outlasts the last pod leaves nothing behind either', async () => {
    fault = refused;
    await assert.rejects(vault.get(identity(), 'p'), { message: 'no' });
    assert.equal(vault.size, 0);
  });

  test('a clock set back does not make credentials last longer', async () => {
    vault.hold('pod', identity());
    await settle();
    fault = down;
    clocks.setWall(Date.now() - 120 * MINUTE);
    await pass(59 * MINUTE);
    assert.equal((await vault.get(identity(), 'p')).accessKeyId, 'ASIA1');
    await pass(2 * MINUTE);
    await assert.rejects(vault.get(identity(), 'p'), { message: 'down' });
  });

  test('a clock set back does not make a refusal be remembered longer', async () => {
    fault = refused;
    vault.hold('pod', identity());
    await settle();
    clocks.setWall(Date.now() - 120 * MINUTE);
    fault = null;
    await pass(10_100, 100);
    assert.equal((await vault.get(identity(), 'p')).accessKeyId, 'ASIA2');
  });

  test('a clock set forward has the daemon renew by itself, before anybody asks', async () => {
    vault.hold('pod', identity());
    await settle();
    clocks.setWall(Date.now() + 50 * MINUTE);
    await pass(31_000, 1_000);
    assert.equal(calls.length, 2);
  });

  test('a clock that is hours ahead of STS does not make each session look expired', async () => {
    aheadMs = 180 * MINUTE;
    vault.hold('pod', identity());
    await settle();
    await pass(10 * MINUTE);
    assert.equal((await vault.get(identity(), 'p')).accessKeyId, 'ASIA1');
    assert.equal(calls.length, 1);
  });

  test('a pod that changes its role lets go of the first', async () => {
    vault.hold('pod', identity('blue'));
    await settle();
    vault.hold('pod', identity('red'));
    await settle();
    assert.equal(vault.peek(identity('blue')).credentials, null);
    assert.equal(vault.peek(identity('red')).credentials?.accessKeyId, 'ASIA2');
  });

  test('a session of 15 minutes is renewed before 6 minutes are left', async () => {
    vault.hold('pod', identity('blue', 900));
    await settle();
    for (let second = 0; second < 7200; second += 10) {
      await pass(10_000, 10_000);
      const { expiresAtMs } = await vault.get(identity('blue', 900), 'p');
      assert.ok(expiresAtMs - Date.now() >= 6 * MINUTE);
    }
  });

  test('a session of half an hour never has less than 25 minutes left either, with a call about every 5 minutes', async () => {
    vault.hold('pod', identity('blue', 1800));
    await settle();
    for (let second = 0; second < 7200; second += 10) {
      await pass(10_000, 10_000);
      const { expiresAtMs } = await vault.get(identity('blue', 1800), 'p');
      assert.ok(expiresAtMs - Date.now() >= MIN_LEFT_MS, `second ${second}`);
    }
    assert.ok(calls.length >= 24 && calls.length <= 27, `${calls.length} calls`);
  });

  test('a session that STS cut short is renewed before 25 minutes are left', async () => {
    givenMs = MIN_LEFT_MS + 5_000;
    vault.hold('pod', identity());
    await settle();
    givenMs = null;
    await pass(6_000, 1_000);
    const { expiresAtMs } = await vault.get(identity(), 'p');
    assert.ok(expiresAtMs - Date.now() > 59 * MINUTE);
    assert.equal(calls.length, 2);
  });

  test('where STS never gives 25 minutes it is asked again soon, then ever more seldom, and what it gives is served', async () => {
    givenMs = 20 * MINUTE;
    vault.hold('pod', identity());
    await settle();
    for (let second = 0; second < 120; second++) {
      await pass(1_000, 1_000);
      const { expiresAtMs } = await vault.get(identity(), 'p');
      assert.ok(expiresAtMs - Date.now() > 18 * MINUTE);
    }
    const pauses = calls.slice(1).map((at, i) => (at - calls[i]!) / 1000);
    // By this clock a second late at most.
    for (const [i, pause] of pauses.entries())
      assert.ok(pause >= 2 ** i * 0.9 && pause <= 2 ** i * 1.1 + 1, `${pauses}`);
    assert.ok(pauses.length >= 5 && pauses.length <= 7, `${pauses}`);
    await pass(3 * 60 * MINUTE);
    assert.ok(calls.length < 35, `${calls.length} calls`);
  });

  for (const [name, life] of [
    ['as long as was asked for', null],
    ['that STS cut to 50 minutes', 50 * MINUTE],
    ['that STS cut to 26 minutes', 26 * MINUTE],
    ['that STS cut to 14 seconds', 14_000],
  ] as const)
    test(`nobody waits for the renewal of a session ${name}`, async () => {
      givenMs = life;
      vault.hold('pod', identity());
      await settle();
      let renewed = 0;
      for (let second = 0; renewed < 3 && second < 7_200; second++) {
        // STS takes a second for each answer.
        const before = calls.length;
        let answer = () => {};
        answers = new Promise((resolve) => {
          answer = resolve;
        });
        await pass(1_000, 1_000);
        assert.ok(vault.atHand(identity()), `nothing at hand after ${second} s`);
        answer();
        await settle();
        renewed += calls.length - before;
      }
      assert.ok(renewed >= 3);
    });

  test('after a pause of the whole machine a caller gets renewed credentials, not nearly expired ones', async () => {
    vault.hold('pod', identity());
    await settle();
    // As if no timer had run for 50 minutes.
    clocks.setWall(Date.now() + 50 * MINUTE);
    const { accessKeyId } = await vault.get(identity(), 'p');
    assert.equal(accessKeyId, 'ASIA2');
  });

  const changed = { check: 'CR005', errorCode: 'ChangedTooOften', kind: 'unavailable' };

  test('a pod that changes its identity is given the new one at once, four times over', async () => {
    for (let nth = 0; nth < OF_EACH_POD.burst; nth++) {
      vault.hold('pod', identity(`role-${nth}`));
      await settle();
      assert.ok(vault.atHand(identity(`role-${nth}`)), `role-${nth}`);
    }
    assert.deepEqual(putOff, []);
  });

  test('a pod that goes on changing it is asked for once a minute, and told why', async () => {
    for (let nth = 0; nth < 600; nth++) {
      const before = calls.length;
      vault.hold('pod', identity(`role-${nth}`));
      if (calls.length === before) await assert.rejects(vault.get(identity(`role-${nth}`), 'pod'), changed);
      await pass(1_000, 1_000);
    }
    // Ten minutes after the first five.
    assert.ok(calls.length >= 14 && calls.length <= 15, `${calls.length} calls`);
    assert.ok(putOff.length > 500 && putOff.every((uid) => uid === 'pod'));
    assert.deepEqual(vault.peek(identity('role-599')).failure?.errorCode, 'ChangedTooOften');
    await pass(MINUTE);
    assert.ok(await vault.get(identity('role-599'), 'pod'));
  });

  test('its neighbour gets the very identity that it was refused, and then it has it as well', async () => {
    for (let nth = 0; nth <= OF_EACH_POD.burst; nth++) vault.hold('pod', identity(`role-${nth}`));
    await settle();
    const last = identity(`role-${OF_EACH_POD.burst}`);
    await assert.rejects(vault.get(last, 'pod'), changed);
    vault.hold('neighbour', last);
    await settle();
    assert.ok(vault.atHand(last));
    assert.deepEqual(new Set(putOff), new Set(['pod']));
  });

  test('an identity that no pod holds costs the pod that asks for it as well, and leaves nothing', async () => {
    for (let nth = 0; nth < OF_EACH_POD.burst; nth++) await vault.get(identity(`role-${nth}`), 'pod');
    for (let nth = 0; nth < 20; nth++) await assert.rejects(vault.get(identity('more'), 'pod'), changed);
    assert.equal(calls.length, OF_EACH_POD.burst);
    assert.equal(vault.size, 0);
  });

  test('what STS has refused is asked about again at no cost to the pod', async () => {
    fault = refused;
    vault.hold('pod', identity());
    for (let nth = 0; nth < 20; nth++) {
      await settle();
      await assert.rejects(vault.get(identity(), 'pod'), { message: 'no' });
      await pass(11_000, 1_000);
    }
    assert.equal(calls.length, 20);
  });
});
