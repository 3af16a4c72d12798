// All that the daemon talks to, in one process: a Kubernetes API over TLS, an STS that costs nothing but
// time, and an instance metadata service.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiObject, startWatchApi, type WatchApi } from '../../../test/helpers/watch-api.ts';
import { benchPod } from '../pods.ts';
import { nowMs, serve } from '../remote.ts';

const ACCOUNT = '111122223333';

export interface Places {
  api: { url: string; token: string; ca: string };
  sts: string;
  imds: string;
}

let api: WatchApi;
let stsMs: readonly [least: number, most: number] = [0, 0];
let lifeSeconds = 3600;
let calls: { role: string; atMs: number }[] = [];

export const surroundings = {
  async start(): Promise<Places> {
    api = await startWatchApi();
    return {
      api: { url: api.url, token: api.token, ca: api.ca },
      sts: await listen(createServer((request, response) => void answerSts(request, response))),
      imds: await listen(createServer(answerImds)),
    };
  },
  /** How long STS takes from now on, drawn evenly from this range, and how long its credentials live. */
  setSts(latencyMs: readonly [number, number], life = 3600): void {
    stsMs = latencyMs;
    lifeSeconds = life;
  },
  /** @returns when the API server began to tell of them */
  putPods(pods: ApiObject[]): number {
    const atMs = nowMs();
    for (const pod of pods) api.put('pods', pod);
    return atMs;
  },
  /** Pods of another node, as many as a large cluster has. */
  async fill(count: number, node: string): Promise<void> {
    for (let i = 0; i < count; i++) {
      api.put('pods', benchPod(200, i, { node }).object);
      // STS lives in this process as well.
      if (i % 200 === 0) await new Promise((done) => setImmediate(done));
    }
  },
  removePods(uids: string[]): void {
    for (const uid of uids) api.remove('pods', uid);
  },
  /** The AssumeRole calls since this was asked last. */
  takeCalls(): { role: string; atMs: number }[] {
    const taken = calls;
    calls = [];
    return taken;
  },
  apiRequests: (): string[] => api.requests,
};

export type Surroundings = typeof surroundings;

async function answerSts(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let form = '';
  for await (const chunk of request) form += chunk;
  const asked = new URLSearchParams(form);
  const action = asked.get('Action')!;
  const role = asked.get('RoleArn') ?? '';
  if (action === 'AssumeRole') {
    calls.push({ role, atMs: nowMs() });
    const [least, most] = stsMs;
    await new Promise((done) => setTimeout(done, least + Math.random() * (most - least)));
  }
  const result = action === 'AssumeRole' ? assumed(role) : identity;
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`,
  );
}

const identity = `<Arn>arn:aws:sts::${ACCOUNT}:assumed-role/node/i-0123456789abcdef0</Arn><UserId>AROA:i-0</UserId><Account>${ACCOUNT}</Account>`;

// Of the length that real ones have.
const assumed = (role: string): string =>
  `<Credentials><AccessKeyId>ASIA${'B'.repeat(16)}</AccessKeyId><SecretAccessKey>${'s'.repeat(40)}</SecretAccessKey>` +
  `<SessionToken>${'t'.repeat(900)}</SessionToken><Expiration>${new Date(Date.now() + lifeSeconds * 1000).toISOString()}</Expiration></Credentials>` +
  `<AssumedRoleUser><Arn>${role}</Arn><AssumedRoleId>AROA${'C'.repeat(17)}:session</AssumedRoleId></AssumedRoleUser>`;

function answerImds(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const answers: Record<string, string> = {
    '/latest/api/token': 'instance-token',
    '/latest/meta-data/placement/region': 'eu-west-1',
    '/latest/meta-data/iam/security-credentials/': 'node',
    '/latest/meta-data/iam/security-credentials/node': JSON.stringify({
      Code: 'Success',
      AccessKeyId: `ASIA${'A'.repeat(16)}`,
      SecretAccessKey: 'n'.repeat(40),
      Token: 'i'.repeat(900),
      Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
    }),
  };
  const body = answers[request.url!];
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(body);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

serve(surroundings);
