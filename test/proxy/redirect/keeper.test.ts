import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LOOKED_AROUND, type RedirectWarning } from '../../../src/model/redirect-warning.ts';
import { createLog } from '../../../src/proxy/log.ts';
import { type KeeperOptions, keep } from '../../../src/proxy/redirect/keeper.ts';
import type { Backend } from '../../../src/proxy/redirect/rule.ts';
import { redirectFault } from '../../../src/proxy/redirect-report.ts';

/** A packet filter in memory, out of which a test takes the rule. */
class Filter implements Backend {
  readonly name = 'nft' as const;
  readonly program = 'nft';
  readonly lack = null;
  isSet = true;
  failure: string | null = null;
  setAtMs: number[] = [];
  onLoss = (): void => {};

  async assert(): Promise<void> {
    if (this.failure !== null) throw new Error(this.failure);
    this.isSet = true;
    this.setAtMs.push(performance.now());
  }

  async check(): Promise<string | null> {
    return this.isSet ? null : 'it is gone';
  }

  async remove(): Promise<void> {
    this.isSet = false;
  }

  watch(onLoss: () => void): void {
    this.onLoss = onLoss;
  }
}

describe('the keeper of the redirect', () => {
  let stateDir: string;
  let filter: Filter;
  let stopping: AbortController;
  let lines: { msg: string; level: string; why?: string }[];
  let kept: Promise<void>;
  let looks: { warnings: RedirectWarning[] | null; why?: string; time: string }[];
  let warned: string[];
  /** Why it cannot be told what else there is. */
  let blind: string | null;
  let afterSetting: boolean[];

  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-keeper-'));
    filter = new Filter();
    stopping = new AbortController();
    lines = [];
    looks = [];
    warned = [];
    blind = null;
    afterSetting = [];
  });

  const hear = (line: (typeof lines)[number] & (typeof looks)[number]): unknown =>
    line.msg === LOOKED_AROUND ? looks.push(line) : lines.push(line);
  afterEach(async () => {
    stopping.abort();
    await kept;
    rmSync(stateDir, { recursive: true });
  });

  function start(
    everyMs: number,
    fault: string | null = null,
    guard: KeeperOptions['guard'] = null,
    level = 'info',
  ): void {
    const log = createLog(level, { write: (line: string) => void hear(JSON.parse(line)) });
    const warnings = async () => {
      if (blind !== null) throw new Error(blind);
      return warned.map((why): RedirectWarning => ({ check: 'NW013', why }));
    };
    const onSet = async () => void afterSetting.push(filter.isSet);
    kept = keep({
      backend: filter,
      fault,
      guard,
      onSet,
      warnings,
      stateDir,
      log,
      signal: stopping.signal,
      everyMs,
    });
  }

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const endMs = Date.now() + 10_000; Date.now() < endMs; await delay(2)) if (await holds()) return;
    assert.fail(`it never came to that; the log: ${JSON.stringify(lines)}`);
  }

  const report = () => JSON.parse(readFileSync(join(stateDir, 'redirect.json'), 'utf8'));
  const isReported = async () => (await redirectFault(stateDir, { mustReport: true })) === null;

  it('reports what the daemon reads, anew at each look', async () => {
    start(20);
    await until(isReported);
    const { checkedAtMs, ...rest } = report();
    assert.deepEqual(rest, { inPlace: true, backend: 'nft', message: null, antiSpoof: null, warnings: [] });
    await until(() => report().checkedAtMs > checkedAtMs);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['redirect in place'],
    );
  });

  it('sets the rule again at once when it is told of a loss', async () => {
    start(60_000);
    await until(isReported);
    assert.deepEqual(afterSetting, [true]);
    filter.isSet = false;
    filter.onLoss();
    await until(() => filter.isSet && afterSetting.length > 1);
    assert.deepEqual(afterSetting, [true, true]);
    assert.deepEqual(
      lines.map(({ msg, why }) => [msg, why]),
      [
        ['redirect in place', undefined],
        ['redirect set again', 'it is gone'],
      ],
    );
  });

  it('finds a loss by the clock when nobody tells it', async () => {
    start(20);
    await until(isReported);
    filter.isSet = false;
    await until(() => filter.isSet);
  });

  it('reports why the rule cannot be set, once, and goes on trying', async () => {
    filter.failure = 'Operation not permitted';
    start(10, 'Operation not permitted');
    await until(
      async () =>
        (await redirectFault(stateDir, { mustReport: true })) ===
        'the redirect rule is not in place: Operation not permitted',
    );
    await delay(50);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['redirect not in place'],
    );
    filter.failure = null;
    await until(isReported);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['redirect not in place', 'redirect set again', 'redirect in place'],
    );
  });

  it('does not race another keeper that undoes its work', async () => {
    start(200);
    await until(isReported);
    const startedMs = performance.now();
    const tookMs = () => performance.now() - startedMs;
    // A busy machine may need longer for three.
    while (tookMs() < 400 || (filter.setAtMs.length < 3 && tookMs() < 10_000)) {
      filter.isSet = false;
      filter.onLoss();
      await delay(1);
    }
    const most = 8 + (tookMs() - 400) / 200;
    assert.ok(
      filter.setAtMs.length >= 3 && filter.setAtMs.length <= most,
      `set ${filter.setAtMs.length} times`,
    );
  });

  it('keeps the guard of bridges beside it, whose loss counts only when it is required', async () => {
    for (const isRequired of [false, true]) {
      const guard = new Filter();
      guard.isSet = false;
      guard.failure = 'Operation not supported';
      lines = [];
      start(10, null, { kept: guard, isRequired });
      await until(() => lines.some(({ msg }) => msg === 'bridge guard not in place'));
      const why = 'the redirect rule is not in place: Operation not supported';
      await until(
        async () => (await redirectFault(stateDir, { mustReport: true })) === (isRequired ? why : null),
      );
      assert.deepEqual(report().antiSpoof, { inPlace: false, message: 'Operation not supported' });
      guard.failure = null;
      await until(() => report().antiSpoof.inPlace);
      await until(isReported);
      guard.isSet = false;
      await until(() => guard.isSet);
      assert.deepEqual(
        lines.map(({ msg, level }) => [msg, level]).filter(([msg]) => msg!.startsWith('bridge')),
        [
          ['bridge guard not in place', isRequired ? 'error' : 'warn'],
          ['bridge guard set again', 'warn'],
          ['bridge guard in place', 'info'],
          ['bridge guard set again', 'warn'],
        ],
      );
      stopping.abort();
      await kept;
      stopping = new AbortController();
    }
  });

  it('reports what else should be known, and logs it once', async () => {
    warned = ['net.core.somaxconn is 128'];
    start(10);
    await until(isReported);
    await until(() => report().warnings.length > 0);
    assert.deepEqual([report().inPlace, report().warnings], [true, warned]);
    filter.isSet = false;
    await until(() => filter.isSet);
    await delay(30);
    assert.deepEqual(
      lines.filter(({ msg }) => msg === 'redirect warning').map(({ level, why }) => [level, why]),
      [['warn', 'net.core.somaxconn is 128']],
    );
    warned = [];
    filter.isSet = false;
    await until(() => report().warnings.length === 0);
  });

  it('tells what it sees when that changes, at any level of the log, for the doctor to read', async () => {
    warned = ['net.core.somaxconn is 128'];
    start(10, null, null, 'error');
    await until(() => looks.length === 1);
    const setAnew = async (): Promise<void> => {
      filter.isSet = false;
      await until(() => filter.isSet);
      await delay(30);
    };
    await setAnew();
    assert.equal(looks.length, 1);
    warned = [];
    await setAnew();
    blind = 'nft does not list the chains';
    await setAnew();
    assert.deepEqual(
      looks.map(({ warnings, why }) => [warnings, why]),
      [
        [[{ check: 'NW013', why: 'net.core.somaxconn is 128' }], undefined],
        [[], undefined],
        [null, 'nft does not list the chains'],
      ],
    );
    assert.deepEqual([report().inPlace, report().warnings], [true, ['nft does not list the chains']]);
    assert.ok(Date.now() - Date.parse(looks[0]!.time) < 60_000);
  });

  it('leaves the rule when it ends', async () => {
    start(20);
    await until(isReported);
    stopping.abort();
    await kept;
    assert.equal(filter.isSet, true);
  });
});
