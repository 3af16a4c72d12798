// The sandbox as a whole: an emulated AWS account, an emulated cluster of two nodes, and the shop that
// runs on them. All of it lives in this process and its children, and in one temporary folder.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentProblem } from '../model/problem.ts';
import { ACCOUNT, NODE_ROLE, REGION, sandboxAccount } from './account.ts';
import { type EmulatedCluster, startEmulatedCluster } from './api/index.ts';
import { type EmulatedAws, type EmulatedImds, startEmulatedAws, startEmulatedImds } from './aws/index.ts';
import { writeClientFiles } from './client-files.ts';
import { claimHosts } from './node/addresses.ts';
import { type EmulatedNode, startEmulatedNode } from './node/node.ts';
import { type Reaper, startReaper } from './node/reaper.ts';
import { furnishShop } from './shop.ts';

const NODE_COUNT = 2;
/** As the real API server's, and as other emulators of AWS use it; another one where they are taken. */
const API_PORT = 6443;
const AWS_PORT = 4566;

export interface World {
  cluster: EmulatedCluster;
  aws: EmulatedAws;
  nodes: (EmulatedNode & { imds: EmulatedImds })[];
  /** Kills what is registered with it, however this process ends. */
  reaper: Reaper;
  /** For commands that are to find the sandbox. */
  environment: Record<string, string>;
  folder: string;
  /** Ends all of it; nothing is left. */
  close(): Promise<void>;
}

/** @throws Problem when this system has no loopback addresses to give, or the package was not built */
export async function startWorld(): Promise<World> {
  const tools = findTools();
  const { hosts, release } = await claimHosts(NODE_COUNT);
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-sandbox-'));
  const reaper = startReaper(folder, tools);
  const open: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const part of open.reverse()) await part.close();
    await release();
    await reaper.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const opened = <T extends { close(): Promise<void> }>(part: T): T => {
    open.push(part);
    return part;
  };
  try {
    const { state, operator } = sandboxAccount();
    const outside = outsideOf(hosts[0]!);
    const aws = opened(await atPort(AWS_PORT, (port) => startEmulatedAws({ host: outside, port, state })));
    const cluster = opened(
      await atPort(API_PORT, (port) => startEmulatedCluster({ host: outside, port, name: 'sandbox' })),
    );
    const { hostname, port } = new URL(cluster.url);
    const nodes: World['nodes'] = [];
    for (const [index, hostIp] of hosts.entries()) {
      const place = { region: REGION, zone: `${REGION}${'ab'[index]}` };
      const id = `i-0${String(index + 1).padStart(16, '0')}`;
      const instance = { id, account: ACCOUNT, ...place, privateIp: hostIp, role: NODE_ROLE };
      state.instances.push({ id, account: ACCOUNT, role: NODE_ROLE, tokens: 'required', hopLimit: 1 });
      const imds = opened(await startEmulatedImds({ host: outside, aws, instance }));
      const node = startEmulatedNode({
        ...{ name: `node-${index + 1}`, cluster, hostIp, folder, tools, reaper },
        api: { host: hostname, port: Number(port) },
        imds: { address: outside, port: Number(new URL(imds.url).port) },
        labels: {
          'topology.kubernetes.io/region': place.region,
          'topology.kubernetes.io/zone': place.zone,
        },
        providerId: `aws:///${place.zone}/${id}`,
      });
      opened(node);
      nodes.push({ ...node, imds });
    }
    furnishShop(cluster.system);
    const environment = writeClientFiles(join(folder, 'client'), {
      ...{ kubeconfig: cluster.kubeconfig, operator, awsUrl: aws.url },
    });
    return { cluster, aws, nodes, reaper, environment, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Where API server, AWS and metadata services listen: an address that is no node's, pod's or loopback,
 * and each sandbox's own.
 */
const outsideOf = (hostIp: string): string => `127.0.${hostIp.split('.')[1]}.1`;

/** The same every time, so that what the sandbox prints is, too; any other port if need be. */
async function atPort<T>(port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return start(0);
  }
}

/** The programs of the pods, which the build puts beside the commands. */
function findTools(): string {
  // Two folders up is the package's root, from src/sandbox as well as from dist/chunks.
  const folder = fileURLToPath(new URL('../../dist/sandbox', import.meta.url));
  if (existsSync(join(folder, 'inside.cjs'))) return folder;
  throw environmentProblem({
    code: 'NOT_BUILT',
    what: 'the package holds no dist/sandbox',
    why: 'it was not built, or not installed whole',
    next: 'npm run build',
  });
}
