import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { phase, shell, startNodes, type TestNodes } from './helpers.ts';

let world: TestNodes;
before(async () => {
  world = await startNodes();
});
after(() => world.close());

describe('volumes', () => {
  it('of every kind are found at their mount paths, in scripts and in variables', async () => {
    world.put('ConfigMap', 'files', {
      data: { 'a.txt': 'text' },
      binaryData: { 'b.bin': Buffer.from([0, 255]).toString('base64') },
    });
    world.put('Secret', 'hidden', { data: { key: Buffer.from('secret').toString('base64') } });
    const output = await world.output(
      {
        serviceAccountName: 'app',
        containers: [
          {
            env: [{ name: 'API', value: '/var/run/api' }],
            volumeMounts: [
              { name: 'files', mountPath: '/etc/files' },
              { name: 'hidden', mountPath: '/etc/files-hidden' },
              { name: 'scratch', mountPath: '/tmp' },
              { name: 'api', mountPath: '/var/run/api' },
              { name: 'host', mountPath: '/run/state' },
              { name: 'deep', mountPath: '/tmp/deep' },
            ],
          },
        ],
        volumes: [
          { name: 'files', configMap: { name: 'files' } },
          { name: 'hidden', secret: { secretName: 'hidden', items: [{ key: 'key', path: 'sub/renamed' }] } },
          { name: 'scratch', emptyDir: {} },
          { name: 'deep', emptyDir: {} },
          { name: 'host', hostPath: { path: '/run/state', type: 'DirectoryOrCreate' } },
          {
            name: 'api',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token' } },
                { configMap: { name: 'files', items: [{ key: 'a.txt', path: 'ca.crt' }] } },
                {
                  downwardAPI: {
                    items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
                  },
                },
              ],
            },
          },
        ],
      } as never,
      [
        'cat /etc/files/a.txt; echo; wc -c < /etc/files/b.bin',
        'cat /etc/files-hidden/sub/renamed; echo',
        'echo x > /tmp/x; cat "/tmp/x"; echo y > /tmp/deep/y; D=/tmp; cat $D/deep/y',
        'cat $API/ca.crt; echo; cat $API/namespace; echo; wc -c < $API/token',
        'echo state > /run/state/file',
      ].join('\n'),
    );
    assert.deepEqual(output.trim().split(/\s+/), ['text', '2', 'secret', 'x', 'y', 'text', 'test', '32']);
    assert.ok(existsSync(join(world.folder, 'nodes', world.nodes[0]!.hostIp, 'root/run/state/file')));
  });

  it('are found by Node programs that have the path written into themselves', async () => {
    // Put together at run time, so that nothing but the program itself knows the path.
    const script = `node -e "
      const fs = require('fs');
      const data = ['', 'data'].join('/');
      fs.mkdirSync(data + '/sub');
      fs.writeFileSync(data + '/sub/a', 'A');
      fs.renameSync(data + '/sub/a', data + '/sub/b');
      fs.promises.readFile(data + '/sub/b', 'utf8').then((text) =>
        console.log(text, fs.existsSync(data + '/none'), fs.realpathSync(data).endsWith('volumes/d')));
    "`;
    const output = await world.output(
      {
        containers: [{ volumeMounts: [{ name: 'd', mountPath: '/data' }] }],
        volumes: [{ name: 'd', emptyDir: {} }],
      } as never,
      script,
    );
    assert.equal(output, 'A false true\n');
  });

  it('at /tmp leave the programs of the sandbox where they are', async () => {
    const output = await world.output(
      {
        containers: [{ volumeMounts: [{ name: 'd', mountPath: '/tmp' }] }],
        volumes: [{ name: 'd', emptyDir: {} }],
      } as never,
      "node -e \"console.log(1)\"; curl --version 2>&1 | head -1; echo x > /tmp/x; node -p \"fs.readFileSync('/t' + 'mp/x', 'utf8').trim()\"",
    );
    assert.equal(output, '1\ncurl: option --version: is unknown\nx\n');
  });

  it('that name an absent ConfigMap keep the pod pending, with the event that says so', async () => {
    const pod = world.start('mount', {
      restartPolicy: 'Never',
      containers: [shell('cat /c/k', { volumeMounts: [{ name: 'c', mountPath: '/c' }] })] as never,
      volumes: [{ name: 'c', configMap: { name: 'to-come' } }],
    });
    await world.until(pod, () =>
      world
        .events(pod)
        .includes(
          'Warning FailedMount: MountVolume.SetUp failed for volume "c" : configmap "to-come" not found',
        ),
    );
    world.put('ConfigMap', 'to-come', { data: { k: 'v' } });
    await world.until(pod, phase('Succeeded'));
    assert.equal(world.log(pod).trim(), 'v');
  });
});
