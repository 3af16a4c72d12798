// All that is around the daemon under test: the network, and on this machine an API server, an STS that
// verifies signatures and trust, and the metadata service of an instance.
import {
  allowing,
  buildAws,
  type EmulatedAws,
  type EmulatedImds,
  startEmulatedAws,
  startEmulatedImds,
  trusting,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';
import { startWatchApi, type WatchApi } from '../../helpers/watch-api.ts';
import { NODE_IP, World } from './netns.ts';
import { buildSdkNetwork, type SdkNetwork } from './sdk-network.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
const instance = 'i-0123456789abcdef0';
/** Who a client is that gets the node's own credentials. */
export const NODE_SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/node/${instance}`;

export interface SdkLab {
  network: SdkNetwork;
  aws: EmulatedAws;
  imds: EmulatedImds;
  api: WatchApi;
  close(): Promise<void>;
}

/** @param pods their names; each has a role of that name. `closed` is a role that trusts somebody else. */
export async function startSdkLab(pods: string[]): Promise<SdkLab> {
  const world = new World();
  const ends: (() => Promise<unknown>)[] = [() => world.destroy()];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const network = await buildSdkNetwork(world, pods);
    const host = network.hostIp;
    const aws = await startEmulatedAws({ host, state: rolesOf(pods) });
    ends.push(aws.close);
    const imds = await startEmulatedImds({
      host,
      aws,
      // So that nothing but the daemon's rule keeps an old client from the node's credentials.
      httpTokens: 'optional',
      instance: {
        id: instance,
        account: ACCOUNT,
        region: REGION,
        zone: `${REGION}a`,
        privateIp: NODE_IP,
        role: 'node',
      },
    });
    ends.push(imds.close);
    await network.serveMetadata(new URL(imds.url).host);
    const api = await startWatchApi(host);
    ends.push(() => api.close());
    return { network, aws, imds, api, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function rolesOf(pods: string[]) {
  const { state, role } = buildAws(ACCOUNT);
  const node = role('node', { trust: trustingEc2(), policy: allowing('sts:AssumeRole') });
  for (const name of pods) role(name, { trust: trusting(node.arn) });
  role('closed', { trust: trusting(role('somebody', { trust: trustingEc2() }).arn) });
  return state;
}
