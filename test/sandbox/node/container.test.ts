import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isAlive, phase, shell, startNodes, state, type TestNodes, waiting } from './helpers.ts';

let world: TestNodes;
before(async () => {
  world = await startNodes();
});
after(() => world.close());

describe('a container', () => {
  it('that ends well makes its pod Succeeded, and its output is the log', async () => {
    const pod = world.start('good', {
      restartPolicy: 'Never',
      containers: [shell('echo one; sleep 0.05; echo two >&2')] as never,
    });
    const done = await world.until(pod, phase('Succeeded'));
    assert.equal(world.log(pod), 'one\ntwo\n');
    assert.deepEqual(
      done.status!.conditions!.map(({ type, status, reason }) => `${type} ${status} ${reason ?? ''}`.trim()),
      [
        'PodReadyToStartContainers False',
        'Initialized True PodCompleted',
        'Ready False PodCompleted',
        'ContainersReady False PodCompleted',
      ],
    );
    const { terminated } = state(done);
    assert.equal(terminated?.exitCode, 0);
    assert.equal(terminated?.reason, 'Completed');
    assert.deepEqual(world.events(pod).sort(), [
      'Normal Created: Container created',
      'Normal Pulled: Container image "busybox:1" already present on machine',
      'Normal Started: Container started',
    ]);
  });

  it('that fails under restartPolicy Never makes it Failed', async () => {
    const pod = world.start('bad', { restartPolicy: 'Never', containers: [shell('exit 7')] as never });
    const done = await world.until(pod, phase('Failed'));
    assert.equal(state(done).terminated?.exitCode, 7);
  });

  it('that ends again and again is restarted with back-off, and its earlier log is kept', async () => {
    const pod = world.start('crash', { containers: [shell('echo run; exit 3')] as never });
    const last = await world.until(pod, (now) => waiting(now) === 'CrashLoopBackOff');
    assert.equal(
      state(last).waiting?.message,
      `back-off 0.5s restarting failed container=main pod=crash_test(${pod.metadata.uid})`,
    );
    assert.equal(last.status!.phase, 'Running');
    await world.until(pod, (now) => now.status!.containerStatuses![0]!.restartCount >= 1);
    assert.equal(world.cluster.logs.read(pod.metadata.uid!, 'main', { isPrevious: true }), 'run\n');
    world.remove(pod, 0);
  });

  it('whose program does not exist says so as the runtime does', async () => {
    const pod = world.start('nothing', {
      restartPolicy: 'Never',
      containers: [{ ...shell(''), command: ['no-such-program'] }] as never,
    });
    const done = await world.until(pod, phase('Failed'));
    const { terminated } = state(done);
    assert.equal(terminated?.reason, 'StartError');
    assert.equal(terminated?.exitCode, 128);
    assert.match(
      terminated?.message ?? '',
      /exec: "no-such-program": executable file not found in \$PATH: unknown$/,
    );
  });

  it('whose image does not exist waits in ErrImagePull and ImagePullBackOff', async () => {
    const pod = world.start('image', {
      containers: [{ ...shell(''), image: 'example.com/no-such:1' }] as never,
    });
    const first = await world.until(pod, (now) => waiting(now) === 'ErrImagePull');
    assert.equal(first.status!.phase, 'Pending');
    assert.equal(
      state(first).waiting?.message,
      'failed to pull and unpack image "example.com/no-such:1": failed to resolve reference "example.com/no-such:1": example.com/no-such:1: not found',
    );
    const second = await world.until(pod, (now) => waiting(now) === 'ImagePullBackOff');
    assert.match(
      state(second).waiting?.message ?? '',
      /^Back-off pulling image "example.com\/no-such:1": ErrImagePull: /,
    );
    assert.ok(world.events(pod).includes('Warning Failed: Error: ImagePullBackOff'));
    world.remove(pod, 0);
  });

  it('with a name that is no image says so', async () => {
    const pod = world.start('name', { containers: [{ ...shell(''), image: 'Not An Image' }] as never });
    await world.until(pod, (now) => waiting(now) === 'InvalidImageName');
    world.remove(pod, 0);
  });

  it('gets SIGTERM and its grace when its pod is deleted', async () => {
    const pod = world.start('polite', {
      containers: [shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done')] as never,
    });
    await world.until(pod, () => world.log(pod) === 'up\n');
    let log = '';
    const unfollow = world.cluster.logs.follow(pod.metadata.uid!, 'main', (line) => (log += line.text));
    world.remove(pod, 5);
    await gone(pod.metadata.name);
    unfollow();
    assert.equal(log, 'bye');
  });

  it('that ignores SIGTERM is killed when its grace is over, with all that it started', async () => {
    const pod = world.start('stubborn', {
      containers: [shell('trap "" TERM; sleep 1000 & echo $!; wait; sleep 1000')] as never,
    });
    await world.until(pod, () => world.log(pod) !== '');
    const child = Number(world.log(pod));
    const startedAt = Date.now();
    world.remove(pod, 1);
    await gone(pod.metadata.name);
    assert.ok(Date.now() - startedAt >= 950, 'it was killed before its grace was over');
    assert.equal(isAlive(child), false);
  });

  it('is ended when the pod has been active for too long', async () => {
    const pod = world.start('late', {
      restartPolicy: 'Never',
      activeDeadlineSeconds: 1,
      terminationGracePeriodSeconds: 0,
      containers: [shell('sleep 1000')] as never,
    });
    const done = await world.until(pod, phase('Failed'));
    assert.equal(done.status!.reason, 'DeadlineExceeded');
    assert.equal(done.status!.message, 'Pod was active on the node longer than the specified deadline');
  });
});

async function gone(name: string): Promise<void> {
  for (let i = 0; i < 1_500; i++) {
    if (!world.cluster.store.get('pods', 'test', name)) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.fail(`pod ${name} is still there`);
}
