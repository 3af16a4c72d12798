import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { phase, shell, startNodes, state, type TestNodes, waiting } from './helpers.ts';

let world: TestNodes;
before(async () => {
  world = await startNodes();
});
after(() => world.close());

describe('the environment', () => {
  it('holds literals, fields, keys of ConfigMaps and Secrets, and expands $(VAR)', async () => {
    world.put('ConfigMap', 'colours', { data: { sky: 'blue', grass: 'green' } });
    world.put('Secret', 'keys', { data: { id: Buffer.from('AKIA').toString('base64') } });
    const pod = world.start(
      'env',
      {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'busybox:1',
            command: [
              'sh',
              '-c',
              'env | grep "^T_" | sort; echo "$0 $1"',
              '$(T_NAME)',
              '$$(T_NAME)$(T_NONE)',
            ],
            envFrom: [
              { prefix: 'T_', configMapRef: { name: 'colours' } },
              { secretRef: { name: 'absent', optional: true } },
            ],
            env: [
              { name: 'T_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'T_NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              { name: 'T_HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
              { name: 'T_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
              {
                name: 'T_ROLE',
                valueFrom: { fieldRef: { fieldPath: "metadata.annotations['iam.amazonaws.com/role']" } },
              },
              { name: 'T_KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'id' } } },
              { name: 'T_BOTH', value: '$(T_NAME)/$(T_KEY)' },
            ],
          },
        ],
      } as never,
      { annotations: { 'iam.amazonaws.com/role': 'blue' } },
    );
    const done = await world.until(pod, phase('Succeeded'));
    assert.deepEqual(world.log(pod).trim().split('\n'), [
      'T_BOTH=env/AKIA',
      `T_HOST=${done.status!.hostIP}`,
      `T_IP=${done.status!.podIP}`,
      'T_KEY=AKIA',
      'T_NAME=env',
      'T_NODE=node-1',
      'T_ROLE=blue',
      'T_grass=green',
      'T_sky=blue',
      'env $(T_NAME)$(T_NONE)',
    ]);
  });

  it("holds nothing of the caller's own", async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIACALLER';
    process.env.HTTPS_PROXY = 'http://proxy.example.com';
    try {
      const output = await world.output({}, 'env | cut -d= -f1 | sort | tr "\\n" " "');
      assert.equal(
        output.trim().replace(/ (_|PWD|OLDPWD|SHLVL)(?= |$)/g, ''),
        'HOME HOSTNAME KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS PATH TMPDIR',
      );
    } finally {
      delete process.env.AWS_ACCESS_KEY_ID;
      delete process.env.HTTPS_PROXY;
    }
  });

  it('that names an absent Secret keeps the container waiting until there is one', async () => {
    const pod = world.start('wants', {
      restartPolicy: 'Never',
      containers: [
        shell('echo $X', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'later', key: 'x' } } }] }),
      ] as never,
    });
    const last = await world.until(pod, (now) => waiting(now) === 'CreateContainerConfigError');
    assert.equal(state(last).waiting?.message, 'secret "later" not found');
    world.put('Secret', 'later', { data: { x: Buffer.from('here').toString('base64') } });
    await world.until(pod, phase('Succeeded'));
    assert.equal(world.log(pod), 'here\n');
  });
});
