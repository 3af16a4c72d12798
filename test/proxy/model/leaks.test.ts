// Pods come and go for weeks: what they leave behind in the daemon must be nothing. 5,000 of them in
// every run, 100,000 with POD_IAM_LONG=1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { handClocks } from '../../helpers/clocks.ts';
import { annotationsFor, NODE, type Pod } from './cluster.ts';
import { ModelWorld } from './world.ts';

const PODS = process.env['POD_IAM_LONG'] === '1' ? 100_000 : 5_000;
const AT_A_TIME = 5;
const ROLES = ['blue', 'red', 'team/green', 'blue', ''];
/** What the model's own books and V8's may take; a leak of 40 bytes a pod shows. */
const SLACK_BYTES = 2 * 1024 * 1024 + PODS * 40;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
}

test(`${PODS.toLocaleString('en')} pods leave nothing behind in the daemon`, async (t) => {
  const clocks = handClocks();
  const world = new ModelWorld({
    clocks,
    rules: {
      hasDefault: false,
      hasRestrictions: true,
      announced: false,
      sessionSeconds: 3600,
      isShared: false,
    },
  });
  try {
    await world.pass(20);
    await liveAndDie(world, 1_000);
    await settle(world);
    const before = heapBytes();
    const issued = await liveAndDie(world, PODS);
    await settle(world);
    const grown = heapBytes() - before;
    const { pods, vault } = world.core.parts;
    t.diagnostic(
      `${issued} calls to STS, heap grown by ${Math.round(grown / 1024)} KiB, ${clocks.pending} timers`,
    );
    assert.deepEqual([pods.size, vault.size], [0, 0]);
    assert.ok(clocks.pending < 10, `${clocks.pending} timers are set`);
    assert.ok(issued > PODS / 4, `${issued} calls`);
    assert.ok(grown < SLACK_BYTES, `the heap has grown by ${grown} bytes`);
  } finally {
    world.stop();
    clocks.restore();
  }
});

/** Each pod with a name and a session of its own, asked for from its address; some roles are refused. */
async function liveAndDie(world: ModelWorld, count: number): Promise<number> {
  const { cluster, sts } = world;
  const before = sts.calls;
  sts.refused.set('arn:aws:iam::111122223333:role/red', Number.POSITIVE_INFINITY);
  for (let nth = 0; nth < count; nth += AT_A_TIME) {
    for (const [i, role] of ROLES.entries())
      cluster.create({
        namespace: 'shop',
        node: NODE,
        hostNetwork: false,
        annotations: {
          ...annotationsFor(role, null),
          'iam.amazonaws.com/session-name': `told-${nth}-${i}`,
        },
      });
    const pods: Pod[] = [...cluster.pods.values()];
    for (const [i, pod] of pods.entries()) {
      cluster.connect(pod, i);
      cluster.report(pod);
    }
    // Some die while STS is asked.
    await world.pass(nth % 4 === 0 ? 50 : 260);
    for (const pod of pods) {
      const [address] = pod.real;
      if (address === undefined) continue;
      const token = world.core.parts.tokens.issue(address, 60);
      world.ask({ kind: 'document', address, role: 'blue', token, judgement: 'good' });
      cluster.remove(pod, false);
    }
    await world.pass(5);
    forget(world);
  }
  return sts.calls - before;
}

/** Past the end of all that is remembered for a while. */
async function settle(world: ModelWorld): Promise<void> {
  await world.pass(200_000);
  forget(world);
}

/** The model's own books. */
function forget(world: ModelWorld): void {
  world.cluster.history.length = 0;
  world.api.oldest = world.cluster.version;
  world.sts.issued.clear();
  world.lastHeldMs.clear();
  world.tokens.length = 0;
}
