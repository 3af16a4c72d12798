import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isReady, shell, startNodes, type TestNodes } from './helpers.ts';

let world: TestNodes;
before(async () => {
  world = await startNodes();
});
after(() => world.close());

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
