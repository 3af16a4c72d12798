// A scenario of the matrix: all its clients are started and wait, then each is asked alone, so that none
// is slowed by another. And what an outcome must be.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client, Outcome, RunningClient } from './sdk-clients.ts';
import { NODE_SESSION } from './sdk-lab.ts';
import type { Matrix } from './sdk-matrix.ts';
import type { ClientOptions, SdkWorld } from './sdk-world.ts';

/** What goes into the matrix. */
export interface Result {
  text: string;
  outcome: Outcome;
}

export interface Scenario {
  title: string;
  /** Of the matrix. */
  column: string;
  clients: readonly Client[];
  /** Before the clients start. */
  prepare?: () => Promise<void>;
  start?: (client: Client) => ClientOptions;
  /** Between the start of all and the first question. */
  meanwhile?: (running: ReadonlyMap<Client, RunningClient>) => Promise<void>;
  ask: (client: Client, running: RunningClient) => Promise<Result>;
}

/** @param world there once the tests run */
export function scenarios(world: () => SdkWorld, matrix: Matrix): (scenario: Scenario) => void {
  return ({ title, column, clients, prepare, start, meanwhile, ask }) => {
    describe(title, () => {
      const running = new Map<Client, RunningClient>();
      before(async () => {
        await prepare?.();
        const starts = clients.map(async (client) =>
          running.set(client, await world().startClient(client, start?.(client))),
        );
        // One that cannot start fails its own test below.
        await Promise.allSettled(starts);
        await meanwhile?.(running);
      });
      after(() => world().endClients());
      for (const client of clients) {
        it(client.title, async () => {
          const one = running.get(client);
          assert.ok(one, 'it did not start');
          const { text, outcome } = await ask(client, one);
          matrix.record(`${client.title} ${one.version}`, column, text, outcome);
        });
      }
    });
  };
}

export const isOwn = (arn: string, outcome: Outcome): Result => isRole(arn, outcome, 'own role');

export const isNodes = (outcome: Outcome): Result => isRole(NODE_SESSION, outcome, "the node's role");

function isRole(arn: string, outcome: Outcome, text: string): Result {
  assert.deepEqual([outcome.arn, outcome.error], [arn, undefined]);
  return { text, outcome };
}

/** No client may leave its user waiting for longer: Java's takes ten seconds until it gives up. */
const patienceMs = 30_000;

export function isNone(outcome: Outcome): Result {
  assert.equal(outcome.arn, undefined);
  assert.ok(outcome.error, 'an error of its own');
  assert.ok(outcome.ms < patienceMs, `${outcome.ms} ms`);
  return { text: 'error', outcome };
}
