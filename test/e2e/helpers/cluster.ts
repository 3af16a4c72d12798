// The cluster as processes that a test may end and start again, and the log of the real metadata
// service behind it. Only where the folder with the programs `stop`, `up` and `in-node` is given.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

const programs = process.env.POD_IAM_E2E_CLUSTER ?? '';
const stateDir = process.env.PODIAM_CLUSTER_STATE ?? '/var/lib/pod-iam-cluster';

/** Why this cluster cannot be broken; false when it can. */
export const clusterFault: string | false =
  programs === '' ? 'POD_IAM_E2E_CLUSTER is not set: this cluster cannot be stopped and started' : false;

/** Ends what is named (`kube-apiserver`, `node2`…) as a crash would. */
export const stopParts = (...names: string[]): Promise<string> => perform('stop', names);

const startTries = 3;

/**
 * Starts all that is stopped; resolves when the API server answers and every node is ready. On a busy
 * machine a kubelet may take longer than the program waits, which then goes on when it is run again.
 */
export async function startParts(): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await perform('up', []);
      return;
    } catch (error) {
      if (tries === startTries) throw error;
    }
  }
}

/** Runs a program as root of a node, such as `node1`. */
export const onNode = (node: string, ...argv: string[]): Promise<string> =>
  perform('in-node', [node.replace('node', ''), ...argv]);

/** The same, for a program that may well fail. */
export const tryOnNode = (
  node: string,
  ...argv: string[]
): Promise<{ code: number | null; stdout: string }> =>
  run(join(programs, 'in-node'), [node.replace('node', ''), ...argv]);

async function perform(program: string, argv: string[]): Promise<string> {
  const ended = await run(join(programs, program), argv);
  if (ended.code !== 0)
    throw new Error(`${program} ${argv.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  return ended.stdout;
}

/** Ids, in the node's own counting, of the processes whose command line matches. */
export async function processesOn(node: string, pattern: string): Promise<string[]> {
  const { stdout } = await tryOnNode(node, 'pgrep', '-f', pattern);
  return stdout.trim().split('\n').filter(Boolean);
}

export interface ImdsRequest {
  /** Address of the node, also for its pods. */
  from: string;
  method: string;
  path: string;
  status: number;
  time: string;
}

/** All requests that have ever reached the real metadata service, the oldest first. */
export const imdsRequests = (): ImdsRequest[] =>
  readFileSync(join(stateDir, 'log', 'imds-requests.jsonl'), 'utf8')
    .split('\n')
    // What comes after the last end of a line is still being written.
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ImdsRequest);

/** Changes the real metadata service; returns how to change it back. */
export function setImds(settings: object): () => void {
  const file = join(stateDir, 'imds.json');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(before), ...settings }));
  return () => writeFileSync(file, before);
}
