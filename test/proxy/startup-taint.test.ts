import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { createLog } from '../../src/proxy/log.ts';
import { readSettings } from '../../src/proxy/settings.ts';
import { liftStartupTaint } from '../../src/proxy/startup-taint.ts';
import { type KubeApi, kubeApi } from '../../src/proxy/who/api.ts';
import { apiConnection } from '../../src/proxy/who/api-connection.ts';
import { type EmulatedCluster, startEmulatedCluster } from '../../src/sandbox/api/index.ts';

const KEY = 'pod-iam.dev/agent-not-ready';
const ours = { key: KEY, effect: 'NoSchedule' };
const others = { key: 'team', value: 'blue', effect: 'NoExecute' };

describe('the start-up taint', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  let cluster: EmulatedCluster;
  let api: KubeApi;
  let logged: string[];

  before(async () => {
    cluster = await startEmulatedCluster();
    writeFileSync(join(dir, 'token'), cluster.adminToken);
    writeFileSync(join(dir, 'ca.crt'), cluster.caPem);
    cluster.system.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
    const flags = parseDaemonFlags([`--api-server=${cluster.url}`, '--node=node-1']);
    api = kubeApi(apiConnection(readSettings(flags, { POD_IAM_API_DIR: dir })));
  });
  beforeEach(() => {
    logged = [];
  });
  after(async () => {
    api.close();
    await cluster.close();
    rmSync(dir, { recursive: true });
  });

  function node(taints: object[]): void {
    cluster.system.patch('nodes', '', 'node-1', { spec: { taints } });
  }
  async function taints(): Promise<unknown> {
    const { spec } = (await api.get('/api/v1/nodes/node-1', {})) as { spec: { taints?: unknown } };
    return spec.taints ?? [];
  }
  function lift(more: Partial<Parameters<typeof liftStartupTaint>[0]> = {}): Promise<void> {
    return liftStartupTaint({
      api,
      node: 'node-1',
      key: KEY,
      isReady: async () => true,
      log: createLog('info', { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) }),
      signal: AbortSignal.timeout(5_000),
      ...more,
    });
  }

  it('goes when the daemon is ready, with every effect it has, and no other taint with it', async () => {
    node([ours, others, { ...ours, value: 'x', effect: 'NoExecute' }]);
    await lift();
    assert.deepEqual(await taints(), [others]);
    assert.deepEqual(logged, ['start-up taint lifted']);
  });

  it('stays while the daemon is not ready', async () => {
    node([ours]);
    let asked = 0;
    const stop = new AbortController();
    await lift({
      isReady: async () => {
        if (++asked === 3) stop.abort();
        return false;
      },
      signal: stop.signal,
    });
    assert.deepEqual(await taints(), [ours]);
    assert.deepEqual(logged, []);
  });

  it('leaves a node without it as it is', async () => {
    node([others]);
    await lift();
    assert.deepEqual(await taints(), [others]);
    assert.deepEqual(logged, ['no start-up taint']);
  });

  it('is tried again when the taints have changed in the same moment', async () => {
    node([ours]);
    let reads = 0;
    await lift({
      api: {
        patch: (path, steps) => api.patch(path, steps),
        async get(path, query) {
          const read = await api.get(path, query);
          if (++reads === 1) node([others, ours]);
          return read;
        },
      },
    });
    assert.deepEqual(await taints(), [others]);
    assert.deepEqual(logged, ['cannot lift the start-up taint', 'start-up taint lifted']);
  });

  it('needs to know the node, and a key that can be one', () => {
    const read = (...flags: string[]) => readSettings(parseDaemonFlags(flags), {});
    assert.throws(() => read(`--startup-taint=${KEY}`), /--startup-taint needs --node/);
    assert.throws(
      () => read('--node=n', '--startup-taint=a b'),
      /--startup-taint must be the key of a taint, such as pod-iam.dev\/agent-not-ready, not "a b"/,
    );
    assert.equal(read('--node=n', `--startup-taint=${KEY}`).startupTaint, KEY);
  });
});
