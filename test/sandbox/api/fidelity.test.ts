import { after } from 'node:test';
import { type EmulatedCluster, startEmulatedCluster } from '../../../src/sandbox/api/index.ts';
import { describeFidelity } from './fidelity.ts';
import { addNode } from './helpers/kubelet.ts';
import { connectWire } from './helpers/wire.ts';

let cluster: EmulatedCluster | undefined;
after(() => cluster?.close());

describeFidelity('the emulated API server', async () => {
  cluster = await startEmulatedCluster();
  addNode(cluster, { name: 'node1' });
  return connectWire(cluster.kubeconfig);
});
