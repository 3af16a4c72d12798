// Holds a real API server to the same assertions as the emulated one of the sandbox.
import { describeFidelity } from '../sandbox/api/fidelity.ts';
import { connectWire } from '../sandbox/api/helpers/wire.ts';
import { clusterFault, startParts, stopParts } from './helpers/cluster.ts';
import { forgetVersions } from './helpers/etcd.ts';
import { settings } from './helpers/settings.ts';

const { etcd } = settings;
const mayBeYoung = clusterFault !== false || etcd === undefined;

describeFidelity(
  'the real API server',
  async () => {
    if (!mayBeYoung) await age(etcd!);
    return await connectWire();
  },
  { mayBeYoung },
);

/** A server started anew has in its cache no version from before, and asks etcd, which has none either. */
async function age(etcdUrl: string): Promise<void> {
  await stopParts('kube-apiserver');
  await forgetVersions(etcdUrl);
  await startParts();
}
