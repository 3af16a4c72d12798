// The daemons that the rows ask, each started when it is first needed.
import { BASE, CREDENTIALS, type Reply, startWorld, until, type World } from '../world.ts';

export const POD = '127.26.0.1';
export const CROSS = '127.26.0.2';
export const PATHED = '127.26.0.3';
export const BARE = '127.26.0.4';
export const FORBIDDEN = '127.26.0.5';
export const CLOSED = '127.26.0.6';
export const NOBODY = '127.26.0.99';

const started = new Map<string, Promise<World>>();

/** One world for each set of flags. */
export function world(...flags: string[]): Promise<World> {
  const key = flags.join(' ');
  const known = started.get(key) ?? furnish(flags);
  started.set(key, known);
  return known;
}

async function furnish(flags: string[]): Promise<World> {
  const one = await startWorld(['--pod-wait=150ms', ...flags]);
  one.pod('role-0', { ip: POD, role: 'blue' });
  one.pod('cross', { ip: CROSS, role: 'arn:aws:iam::999999999999:role/x/cross' });
  one.pod('pathed', { ip: PATHED, role: 'team/green' });
  one.pod('bare', { ip: BARE });
  one.pod('forbidden', { ip: FORBIDDEN, role: 'red', namespace: 'narrow' });
  one.pod('closed', { ip: CLOSED, role: 'closed' });
  one.api.put('namespaces', {
    metadata: { name: 'shop', uid: 'ns-shop', annotations: { 'iam.amazonaws.com/allowed-roles': '["*"]' } },
  });
  one.api.put('namespaces', {
    metadata: {
      name: 'narrow',
      uid: 'ns-narrow',
      annotations: { 'iam.amazonaws.com/allowed-roles': '["blue"]' },
    },
  });
  // All that is fetched ahead has been: what is counted later is what a row asks for.
  const [fetched, refused] = flags.includes('--namespace-restrictions') ? [2, 1] : [3, 2];
  await until(
    'credentials',
    () => one.lines('issued').length >= fetched && one.lines('refused').length >= refused,
    5_000,
  );
  return one;
}

export async function closeWorlds(): Promise<void> {
  for (const one of started.values()) await (await one).close();
}

export interface Sent {
  from?: string;
  method?: string;
  headers?: Record<string, string>;
  /** False: without a session token. */
  token?: boolean;
  flags?: string[];
}

/** Sends a path byte for byte. */
export async function send(path: string, sent: Sent = {}): Promise<Reply> {
  const { from = POD, method = 'GET', headers = {}, token = true, flags = [] } = sent;
  const one = await world(...flags);
  const own: Record<string, string> = token ? { 'x-aws-ec2-metadata-token': await one.token(from) } : {};
  return one.send(from, method, path, { ...own, ...headers });
}

/** `200 role-0`, `404 NoRole`: the status, and what the body says in a word. */
export async function answer(path: string, sent: Sent = {}): Promise<string> {
  const { status, body } = await send(path, sent);
  return `${status} ${wordOf(body)}`.trim();
}

function wordOf(body: string): string {
  if (body.startsWith('<')) return '';
  if (!body.startsWith('{')) return body;
  const { Code, InstanceProfileArn } = JSON.parse(body) as { Code?: string; InstanceProfileArn?: string };
  return InstanceProfileArn ?? (Code === 'Success' ? 'document' : (Code ?? ''));
}

/** The answer, and whether the real metadata service was asked for anything. */
export async function andForwarded(path: string, sent: Sent = {}): Promise<string> {
  const one = await world(...(sent.flags ?? []));
  const before = one.imds.requests.length;
  const text = await answer(path, sent);
  const asked = one.imds.requests.slice(before).filter((request) => request.method !== 'PUT');
  return `${text}${asked.length === 0 ? '' : ', forwarded'}`;
}

export { BASE, CREDENTIALS };
