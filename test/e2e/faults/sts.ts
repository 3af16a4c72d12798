// STS throttles, fails and refuses: pods with valid credentials notice nothing, new ones get an error
// that says why, and all is well soon after.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../../../src/sandbox/aws/index.ts';
import {
  awaitRound,
  createAskers,
  isServed,
  type Round,
  removeAskers,
  roundsOf,
  slowestMs,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { until } from '../helpers/moto.ts';
import { NAMESPACE } from '../helpers/pods.ts';
import { kubectl } from '../helpers/run.ts';
import { figure, type Stage, seconds } from '../helpers/stage.ts';

/** Sessions end soon here, so that renewals fall into the faults. AWS's least is 15 minutes. */
const LIFE_SECONDS = 75;
/** One of this age is renewed at 41 s at the latest, which is within the faults, and outlasts them. */
const AGE_SECONDS = { least: 12, most: 20 };
const EACH_MS = 10_000;
const faults = ['throttle', 'error', 'unavailable'] as const satisfies Fault[];

export function stsFaults(stage: () => Stage): void {
  describe('STS throttling, failing and refusing', () => {
    let lengthen: () => void;
    before(() => {
      lengthen = shortenSessions(stage());
    });
    after(async () => {
      stage().world.aws.fault = () => null;
      lengthen();
      await removeAskers();
    });

    it('goes on serving valid credentials through all of it, and serves new pods once it is over', async (test) => {
      const { world, nodes, requireOwnRole } = stage();
      const known = nodes.map((node) => ({ name: `blue-${node}`, node, role: 'blue', everySeconds: 0.5 }));
      await startAskers(known);
      for (const { name } of known) await awaitRound(name, isServed);
      const begunMs = Date.now();
      let endsMs = 0;
      await until(
        async () => {
          const last = await Promise.all(known.map(async ({ name }) => (await roundsOf(name)).at(-1)!));
          endsMs = Math.min(...last.map(({ expires }) => Date.parse(expires!)));
          const age = LIFE_SECONDS - (endsMs - Date.now()) / 1000;
          return age >= AGE_SECONDS.least && age <= AGE_SECONDS.most;
        },
        180_000,
        'the older session to be as old as that',
      );

      const from = world.aws.requests.length;
      const beganMs = Date.now();
      for (const fault of faults) {
        const endMs = Date.now() + EACH_MS;
        world.aws.fault = () => fault;
        await createAskers([{ name: `new-${fault}`, node: nodes[0]!, role: 'red', everySeconds: 0.5 }]);
        await awaitRound(`new-${fault}`, ({ document }) => document === 503);
        await delay(endMs - Date.now());
      }
      world.aws.fault = () => null;
      const overMs = Date.now();
      assert.ok(overMs < endsMs, 'the faults outlasted the sessions');

      for (const fault of faults) {
        const served = await awaitRound(`new-${fault}`, isServed);
        figure(test, `${fault}: a new pod is served`, seconds(served.atMs - overMs), 's after the end');
        const rounds = await roundsOf(`new-${fault}`);
        requireOwnRole(rounds, 'red');
        const during = rounds.filter(({ atMs, tookMs }) => atMs + tookMs < overMs);
        figure(test, `${fault}: answers to a new pod`, tally(during));
        assert.equal(during.filter(isServed).length, 0, tally(during));
        for (const { body } of during.filter(({ document }) => document === 503)) {
          assert.match(body!, /"Code":"CredentialsUnavailable"/);
          assert.match(body!, /"Check":"CR00[56]"/);
        }
      }
      for (const { name } of known)
        await awaitRound(
          name,
          (round) => round.atMs > overMs && isServed(round) && Date.parse(round.expires!) > endsMs,
        );
      const renewals = world.aws.requests
        .slice(from)
        .filter(
          ({ atMs, errorCode, parameters }) =>
            atMs < overMs && errorCode !== null && parameters['RoleArn'] === world.roleArn('blue'),
        );
      assert.ok(renewals.length > 0, 'no renewal fell into the faults, so they proved nothing');
      figure(test, 'renewals that STS failed meanwhile', renewals.length);
      figure(
        test,
        'calls to STS per second meanwhile',
        (
          world.aws.requests.slice(from).filter((r) => r.atMs < overMs).length /
          ((overMs - beganMs) / 1000)
        ).toFixed(1),
      );
      for (const { name } of known) {
        const rounds = (await roundsOf(name)).filter(({ atMs }) => atMs > begunMs);
        requireOwnRole(rounds, 'blue');
        assert.equal(rounds.filter(isServed).length, rounds.length, `${name}: ${tally(rounds)}`);
        figure(test, `${name}: rounds, failed`, `${rounds.length}, 0`);
        figure(test, `${name}: slowest round`, slowestMs(rounds), 'ms');
        figure(test, `${name}: fewest seconds left in a document`, Math.min(...rounds.map(leftSeconds)));
      }
    });

    it('says which side refuses, with an event, and serves soon after the trust policy is mended', async (test) => {
      const { world, nodes, requireOwnRole } = stage();
      world.setTrust('red', world.roleArn('old'));
      await startAskers([{ name: 'refused', node: nodes[1]!, role: 'red', everySeconds: 0.5 }]);
      const refused = await awaitRound('refused', ({ document }) => document === 403);
      assert.match(refused.body!, /"Code":"AssumeRoleUnauthorizedAccess"/);
      assert.match(refused.body!, /"Check":"TP018"/);
      const words = ['get', 'events', '--field-selector', 'involvedObject.name=refused,type=Warning'];
      await until(
        async () =>
          (await kubectl(['-n', NAMESPACE, ...words, '-o', 'jsonpath={.items[*].message}'])).includes(
            'TP018',
          ),
        60_000,
        'an event with TP018',
      );

      world.setTrust('red', world.nodeRole);
      const mendedMs = Date.now();
      const served = await awaitRound('refused', isServed, 60_000);
      figure(test, 'served', seconds(served.atMs - mendedMs), 's after the trust policy was mended');
      requireOwnRole(await roundsOf('refused'), 'red');
    });
  });
}

const leftSeconds = ({ expires, atMs }: Round): number =>
  expires === undefined ? Number.POSITIVE_INFINITY : Math.round((Date.parse(expires) - atMs) / 1000);

/** All sessions but the node's own; returns how to undo it. */
function shortenSessions({ world }: Stage): () => void {
  const { sessions } = world.aws;
  const issue = sessions.issue;
  sessions.issue = (role, name, life, facts) =>
    issue(role, name, world.nodeRole.endsWith(`/${role.name}`) ? life : LIFE_SECONDS, facts);
  return () => {
    sessions.issue = issue;
  };
}
