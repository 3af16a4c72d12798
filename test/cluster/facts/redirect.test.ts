// The log of a redirect's keeper as the doctor reads it, against the emulated API server.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readRedirect } from '../../../src/cluster/facts/redirect.ts';
import type { Kube, KubeObject } from '../../../src/cluster/kube.ts';
import type { Fact } from '../../../src/model/snapshot.ts';
import { createLog } from '../../../src/proxy/log.ts';
import { keep } from '../../../src/proxy/redirect/keeper.ts';
import { useCluster } from '../helpers.ts';

describe("what a redirect's keeper has seen", () => {
  const test = useCluster();
  let pods = 0;
  let pod: KubeObject;

  before(() => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'pod-iam' },
    });
  });

  /** Of a new pod whose container `redirect` has written these lines. */
  async function read(lines: string[], kube: Kube = test.kube): Promise<Fact<unknown> | null> {
    const containers = ['proxy', 'redirect'].map((name) => ({ name, image: 'i' }));
    pod = test.cluster.system.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p${++pods}`, namespace: 'pod-iam' },
      spec: { containers, nodeName: 'n1' },
    }) as never;
    const { name } = pod.metadata;
    test.cluster.setPodStatus('pod-iam', name, {
      phase: 'Running',
      containerStatuses: containers.map((container) => ({
        name: container.name,
        ready: true,
        restartCount: 0,
        containerID: `c://${container.name}`,
        state: { running: {} },
      })),
    });
    for (const line of lines) test.cluster.appendPodLog('pod-iam', name, 'redirect', `${line}\n`);
    return readRedirect(kube, pod);
  }
  const look = (more: object, atMs = Date.now()) =>
    JSON.stringify({ time: new Date(atMs).toISOString(), ...more, msg: 'redirect looked around' });
  const warning = {
    check: 'NW004',
    why: '"drop" in ip raw PREROUTING comes before the redirect and may win',
  };
  const why = (fact: Fact<unknown> | null) => (fact?.state === 'unknown' ? fact.why : fact);

  it('is what its own log says last, as the keeper itself writes it', async () => {
    const lines: string[] = [];
    const stopping = new AbortController();
    const backend = { name: 'nft', program: 'nft', lack: null, check: async () => null, watch() {} } as never;
    const kept = keep({
      ...{ backend, fault: null, guard: null, onSet: async () => {}, stateDir: '/nowhere' },
      warnings: async () => [warning as never],
      log: createLog('error', { write: (line) => void lines.push(line.trimEnd()) }),
      signal: stopping.signal,
    });
    for (let nth = 0; nth < 200 && !lines.some((line) => line.includes('looked around')); nth++)
      await new Promise((done) => setTimeout(done, 5));
    stopping.abort();
    await kept;
    const fact = await read([look({ warnings: [] }), ...lines, '{"msg":"redirect set again"}']);
    assert.deepEqual(fact?.state === 'known' && fact.value, [warning]);
  });

  it('is nothing where nothing was seen, which is known', async () => {
    const fact = await read([look({ warnings: [warning] }), look({ warnings: [] })]);
    assert.deepEqual(fact?.state === 'known' && fact.value, []);
  });

  it('is not known where it was not told, could not be told, or was told long ago', async () => {
    assert.equal(why(await read([])), 'the keeper of the redirect has not told what else it saw');
    assert.equal(
      why(await read([look({ warnings: null, why: 'nft does not list the chains' })])),
      'the keeper of the redirect could not look around: nft does not list the chains',
    );
    const old = Date.now() - 3 * 3_600_000;
    assert.equal(
      why(await read([look({ warnings: [] }, old)])),
      `the keeper of the redirect has last looked around at ${new Date(old).toISOString()}`,
    );
    assert.match(`${why(await read([look({ time: 'x', warnings: [] })]))}`, /last looked around at x$/);
    assert.match(`${why(await read([look({ warnings: [{ check: 'XX' }] })]))}`, /could not look around/);
    assert.match(`${why(await read([`{${look({ warnings: [] })}`]))}`, /is cut off$/);
  });

  it('needs the permission to read the log', async () => {
    const kube = await test.kubeAs('no-logs', [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    ]);
    const fact = await read([look({ warnings: [] })], kube);
    assert.equal(fact?.state === 'unknown' && fact.grant?.needs, 'get pods/log in the namespace pod-iam');
  });

  it('is no matter of a pod that keeps no redirect', async () => {
    await read([]);
    const containers = [{ name: 'proxy', image: 'i' }];
    assert.equal(await readRedirect(test.kube, { ...pod, spec: { containers } } as never), null);
  });
});
