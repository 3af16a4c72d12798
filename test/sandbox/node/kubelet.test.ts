import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ContainerState, Pod } from '../../../src/sandbox/node/pod.ts';
import { isAlive, isReady, phase, startNodes, type TestNodes } from './helpers.ts';

let world: TestNodes;
before(async () => {
  world = await startNodes();
});
after(() => world.close());

const shell = (script: string, rest: object = {}): object => ({
  name: 'main',
  image: 'busybox:1',
  command: ['sh', '-c', script],
  ...rest,
});
const state = (pod: Pod): ContainerState => pod.status!.containerStatuses![0]!.state;
const waiting = (pod: Pod): string | undefined => state(pod).waiting?.reason;

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

describe('probes', () => {
  it('decide when a pod is ready: exec, http on the loopback of the host, and tcp', async () => {
    // Late enough to be probed in vain before, on a busy machine as well.
    const server = (port: number, host: string): string =>
      `setTimeout(() => require('http').createServer((q, r) => { r.statusCode = q.url === '/readyz' ? 200 : 500; r.end() }).listen(${port}, '${host}'), 1500)`;
    const pods = [
      world.start('exec', {
        containers: [
          shell('sleep 1.5; touch /done/file; sleep 1000', {
            volumeMounts: [{ name: 'd', mountPath: '/done' }],
            readinessProbe: { exec: { command: ['cat', '/done/file'] } },
          }),
        ] as never,
        volumes: [{ name: 'd', emptyDir: {} }],
      }),
      world.start('http', {
        hostNetwork: true,
        containers: [
          {
            name: 'main',
            image: 'node:22-slim',
            command: ['node', '-e', server(8182, '127.0.0.1')],
            readinessProbe: { httpGet: { host: '127.0.0.1', port: 8182, path: '/readyz' } },
          },
        ],
      }),
      world.start('tcp', {
        containers: [
          {
            name: 'main',
            image: 'node:22-slim',
            args: ['-e', server(8080, '0.0.0.0')],
            ports: [{ name: 'web', containerPort: 8080 }],
            readinessProbe: { tcpSocket: { port: 'web' } },
          },
        ],
      }),
    ];
    for (const pod of pods) await world.until(pod, isReady);
    assert.match(
      world.events(pods[0]!).join('\n'),
      /Warning Unhealthy: Readiness probe failed: cat: \/done\/file: No such file or directory/,
    );
    assert.ok(
      world
        .events(pods[1]!)
        .includes(
          'Warning Unhealthy: Readiness probe failed: Get "http://127.0.0.1:8182/readyz": dial tcp 127.0.0.1:8182: connect: connection refused',
        ),
    );
    for (const pod of pods) world.remove(pod, 0);
  });

  it('of liveness restart a container', async () => {
    const pod = world.start('alive', {
      terminationGracePeriodSeconds: 0,
      containers: [
        shell('sleep 1000', {
          livenessProbe: { exec: { command: ['false'] }, periodSeconds: 0.1, failureThreshold: 2 },
        }),
      ] as never,
    });
    await world.until(pod, (now) => now.status!.containerStatuses![0]!.restartCount >= 1);
    assert.ok(
      world.events(pod).includes('Normal Killing: Container main failed liveness probe, will be restarted'),
    );
    world.remove(pod, 0);
  });
});

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

async function gone(name: string): Promise<void> {
  for (let i = 0; i < 1_500; i++) {
    if (!world.cluster.store.get('pods', 'test', name)) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.fail(`pod ${name} is still there`);
}
