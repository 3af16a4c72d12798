// A pod whose owner rewrites its annotations all the time: each change is another session, and what it costs
// is that pod's own loss, not its neighbours'.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { OF_EACH_POD } from '../../src/proxy/credentials/vault.ts';
import { CREDENTIALS, type Reply, startWorld, until, type World } from './world.ts';

const TOKEN = 'x-aws-ec2-metadata-token';
const RESTLESS = '127.33.0.1';

describe('a pod that changes its session all the time', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
  });
  afterEach(() => world.close());

  const change = (nth: number) =>
    world.pod('restless', {
      ip: RESTLESS,
      role: 'blue',
      annotations: { 'iam.amazonaws.com/external-id': `id-${nth}` },
    });
  const ask = async (ip: string): Promise<Reply> =>
    world.send(ip, 'GET', `${CREDENTIALS}blue`, { [TOKEN]: await world.token(ip) });

  test('has three changes served at once', async () => {
    for (let nth = 0; nth <= 3; nth++) {
      change(nth);
      await until('credentials', () => world.lines('issued').length === nth + 1);
      assert.equal((await ask(RESTLESS)).status, 200);
    }
  });

  test('is told why it waits, by its answer, an event, the explanation and a figure', async () => {
    for (let nth = 0; nth <= OF_EACH_POD.burst; nth++) change(nth);
    await until('event', () => world.api.events.length === 1);
    const { status, body, headers } = await ask(RESTLESS);
    const { Code, Message, Check } = JSON.parse(body);
    assert.deepEqual(
      [status, headers['retry-after'], Code, Check, Message],
      [
        503,
        '1',
        'CredentialsUnavailable',
        'CR005',
        "the pod's role, external id or session name has changed too often: STS is asked for another one a minute",
      ],
    );
    const [event] = world.api.events as { reason?: string; message?: string }[];
    assert.deepEqual(
      [event!.reason, event!.message],
      ['CredentialsUnavailable', `${Message} (CR005; pod-iam explain CR005)`],
    );
    const explained = JSON.parse((await world.admin(`/-/explain?ip=${RESTLESS}`)).body);
    assert.equal(explained.credentials.failure.why, Message);
    assert.match((await world.admin('/metrics')).body, /^pod_iam_identities_put_off_total [1-9]\d*$/m);
  });

  test('does not keep a new neighbour waiting for longer than one whose changes mean nothing', async (t) => {
    world.aws.latencyMs = 30;
    const headers = { [TOKEN]: await world.token(RESTLESS) };
    let changes = 0;
    /** From the moment a new pod is there to its credentials, in the midst of 200 changes that are asked for. */
    const neighbourMs = async (ip: string, key: string): Promise<number> => {
      const asked: Promise<Reply>[] = [];
      for (let nth = 0; nth < 200; nth++) {
        const annotations = { [`iam.amazonaws.com/${key}`]: `id-${++changes}` };
        world.pod('restless', { ip: RESTLESS, role: 'blue', annotations });
        if (nth % 10 === 0) await new Promise(setImmediate);
        asked.push(world.send(RESTLESS, 'GET', `${CREDENTIALS}blue`, headers));
      }
      world.pod(ip, { ip, role: 'blue', annotations: { 'iam.amazonaws.com/external-id': ip } });
      const startedMs = performance.now();
      assert.equal((await ask(ip)).status, 200);
      const tookMs = performance.now() - startedMs;
      for (const { status } of await Promise.all(asked))
        assert.ok(status === 200 || status === 503, `${status}`);
      return tookMs;
    };
    const [idle, restless]: [number[], number[]] = [[], []];
    for (let round = 1; round <= 5; round++) {
      idle.push(await neighbourMs(`127.33.1.${round}`, 'note'));
      restless.push(await neighbourMs(`127.33.2.${round}`, 'external-id'));
    }
    const [without, beside] = [idle, restless].map((all) => all.sort((a, b) => a - b)[2]!) as [
      number,
      number,
    ];
    t.diagnostic(
      `${without.toFixed(0)} ms beside changes of a note, ${beside.toFixed(0)} ms of an external id`,
    );
    // Each of the ten neighbours is a call; the restless one is asked for a few times in all.
    assert.ok(world.assumes() <= 10 + OF_EACH_POD.burst + 1, `${world.assumes()} calls`);
    assert.ok(beside < 3 * without + 30, `${beside} ms beside it, and ${without} ms beside the other`);
  });
});
