// Random lives of the daemon against the oracle: no answer ever carries a role that the caller's pod did
// not have at that moment. POD_IAM_LONG=1 takes a million steps, from a new seed; POD_IAM_SEED repeats a run.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handClocks } from '../../helpers/clocks.ts';
import fc, { SEED } from '../../helpers/property.ts';
import type { Rules } from './oracle.ts';
import { DEFECTS, type Sabotage } from './sabotage.ts';
import { anyStep, type Step, take } from './steps.ts';
import { ModelWorld } from './world.ts';

const STEPS_OF_A_LIFE = 200;
const isLong = process.env['POD_IAM_LONG'] === '1';
const lives = Number(process.env['POD_IAM_LIVES'] ?? (isLong ? 6_000 : 125));

const anyRules: fc.Arbitrary<Rules> = fc.record({
  hasDefault: fc.boolean(),
  hasRestrictions: fc.boolean(),
  announced: fc.boolean(),
  sessionSeconds: fc.constantFrom(3600, 3600, 900),
  isShared: fc.boolean(),
});
const anyLife = fc.array(anyStep, { minLength: 1, maxLength: 2 * STEPS_OF_A_LIFE, size: 'max' });

/** @param chance decides what the daemon itself leaves to chance, so that a life can be repeated */
async function live(rules: Rules, life: readonly Step[], chance: number, sabotage?: Sabotage) {
  const clocks = handClocks();
  const { random } = Math;
  Math.random = randomFrom(chance);
  const world = new ModelWorld({ rules, clocks, ...(sabotage && { sabotage }) });
  try {
    await world.pass(20);
    for (const step of life) await take(world, step);
    return world.counts;
  } finally {
    world.stop();
    clocks.restore();
    Math.random = random;
  }
}

/** A linear congruential generator (Numerical Recipes): poor, repeatable, and enough for jitter. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Cutting a failing life short is worth some time, but not all there is. */
const SHRINK_MS = 30_000;
function cutShort() {
  let endMs = Number.POSITIVE_INFINITY;
  return {
    get isEnough() {
      return performance.now() > endMs;
    },
    failed(error: unknown): never {
      endMs = Math.min(endMs, performance.now() + SHRINK_MS);
      throw error;
    },
  };
}

describe('the daemon in a world that fails', () => {
  test(`${lives} lives keep every promise (seed ${SEED})`, async (t) => {
    const cut = cutShort();
    const total = { steps: 0, answers: 0, roles: 0, credentials: 0, held: 0 };
    await fc.assert(
      fc.asyncProperty(anyRules, anyLife, fc.nat(), async (rules, life, chance) => {
        if (cut.isEnough) return;
        const counts = await live(rules, life, chance).catch(cut.failed);
        total.steps += life.length;
        for (const [name, count] of Object.entries(counts)) total[name as keyof typeof counts] += count;
      }),
      { numRuns: lives },
    );
    t.diagnostic(JSON.stringify(total));
    assert.ok(total.credentials > total.answers / 50, 'a life in which nobody is served proves nothing');
  });
});

describe('the model notices when', () => {
  for (const [name, sabotage] of Object.entries(DEFECTS))
    test(name, async (t) => {
      const outcome = await fc.check(
        fc.asyncProperty(anyRules, anyLife, fc.nat(), async (rules, life, chance) => {
          await live(rules, life, chance, sabotage);
        }),
        { numRuns: 1_000, seed: 1, endOnFailure: true },
      );
      assert.ok(outcome.failed, `${outcome.numRuns} lives went by`);
      const cause = String((outcome.errorInstance as Error)?.message ?? outcome.errorInstance);
      t.diagnostic(`after ${outcome.numRuns} lives: ${cause.split('\n')[0]}`);
    });
});
