import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { phase, shell, startNodes, type TestNodes } from './helpers.ts';

let world: TestNodes;
before(async () => {
  world = await startNodes();
});
after(() => world.close());

describe('init containers', () => {
  it('run one after the other before the rest, and hand over by a volume', async () => {
    const mounted = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const pod = world.start('inits', {
      restartPolicy: 'Never',
      initContainers: [
        { ...shell('echo 1 >> /v/f', mounted), name: 'a' },
        { ...shell('echo 2 >> /v/f', mounted), name: 'b' },
      ] as never,
      containers: [shell('cat /v/f', mounted)] as never,
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await world.until(pod, phase('Succeeded'));
    assert.equal(world.log(pod), '1\n2\n');
  });

  it('that fail keep the rest from starting', async () => {
    const pod = world.start('init-bad', {
      restartPolicy: 'Never',
      initContainers: [{ ...shell('exit 1'), name: 'a' }] as never,
      containers: [shell('echo never')] as never,
    });
    await world.until(pod, phase('Failed'));
    assert.equal(world.log(pod), '');
  });
});
