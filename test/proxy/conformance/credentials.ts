// Credentials: how often STS is asked, and what is served meanwhile.
import { until } from '../world.ts';
import { type Area, type Peers, row } from './case.ts';
import { answer, CREDENTIALS, POD, world } from './worlds.ts';

/** Calls to STS while something is done in a world of its own. */
async function calls(
  flag: string,
  act: (one: Awaited<ReturnType<typeof world>>) => Promise<void>,
): Promise<string> {
  const one = await world(flag);
  const before = one.assumes();
  await act(one);
  const count = one.assumes() - before;
  return `${count} ${count === 1 ? 'call' : 'calls'}`;
}

const named = (session: string) => ({ 'iam.amazonaws.com/session-name': session });

async function ask(one: Awaited<ReturnType<typeof world>>, from: string, role: string): Promise<void> {
  await until('the pod', async () => (await one.get(from, CREDENTIALS)).status === 200);
  await one.get(from, CREDENTIALS + role);
}

export const cache: Area = {
  title: 'How often STS is asked',
  cases: [
    row('100 first requests at once for one role', { kube2iam: '100 calls', kiam: '1 call' }, '1 call', () =>
      calls('--log-level=info', async (one) => {
        one.aws.latencyMs = 100;
        const ips = Array.from({ length: 100 }, (_, nth) => `127.26.1.${nth + 1}`);
        for (const [nth, ip] of ips.entries())
          one.pod(`one-${nth}`, {
            ip,
            role: 'red',
            annotations: { 'iam.amazonaws.com/session-name': 'shared' },
          });
        await Promise.all(ips.map((ip) => ask(one, ip, 'red')));
        one.aws.latencyMs = 0;
      }),
    ),
    row(
      'two pods with one role and two session names',
      { kube2iam: '1 call: the key is the role alone', kiam: '2 calls', metadataproxy: '1 call' },
      '2 calls',
      () =>
        calls('--log-level=info', async (one) => {
          for (const [nth, name] of ['a', 'b'].entries()) {
            one.pod(`session-${name}`, {
              ip: `127.26.2.${nth + 1}`,
              role: 'red',
              annotations: { 'iam.amazonaws.com/session-name': name },
            });
            await ask(one, `127.26.2.${nth + 1}`, 'red');
          }
        }),
    ),
    row(
      'two pods with one role and two external ids',
      { kube2iam: "1 call: the second gets what the first one's id opened", kiam: '2 calls' },
      '2 calls',
      () =>
        calls('--log-level=info', async (one) => {
          for (const [nth, id] of ['id-1', 'id-2'].entries()) {
            const annotations = {
              'iam.amazonaws.com/external-id': id,
              'iam.amazonaws.com/session-name': 'same',
            };
            one.pod(`external-${nth}`, { ip: `127.26.3.${nth + 1}`, role: 'red', annotations });
            await ask(one, `127.26.3.${nth + 1}`, 'red');
          }
        }),
    ),
    row(
      'a pod that was only bound to the node, and asks for nothing',
      { kube2iam: 'no call', kiam: '1 call, once it runs', metadataproxy: 'no call' },
      '1 call',
      () =>
        calls('--log-level=info', async (one) => {
          one.pod('bound', { role: 'red', phase: 'Pending', annotations: named('bound') });
          await until('the call', () => one.log().includes('"session":"bound"'));
        }),
      'its credentials are there before it asks, and its SDK waits a second at most',
    ),
    row('a pod that has failed', { kube2iam: 'no call', kiam: 'no call' }, '0 calls', () =>
      calls('--log-level=info', async (one) => {
        one.pod('failed', { ip: '127.26.6.1', role: 'red', phase: 'Failed', annotations: named('failed') });
        one.pod('after', { ip: '127.26.6.2' });
        await until('it to be seen', async () =>
          (await one.get('127.26.6.2', CREDENTIALS)).body.includes('LK001'),
        );
      }),
    ),
    row(
      'three requests, one after the other',
      { kube2iam: '1 call', kiam: '1 call', metadataproxy: '1 call' },
      '0 calls',
      () =>
        calls('--log-level=info', async (one) => {
          for (let nth = 0; nth < 3; nth++) await ask(one, POD, 'blue');
        }),
      'what is served was fetched before',
    ),
    row(
      'five requests in a second for a role that STS refuses',
      { kube2iam: '5 calls; 1 with --iam-role-error-ttl', kiam: '17 calls each' },
      '1 call',
      () =>
        calls('--log-level=info', async (one) => {
          one.pod('again', {
            ip: '127.26.4.1',
            role: 'closed',
            annotations: { 'iam.amazonaws.com/session-name': 'again' },
          });
          for (let nth = 0; nth < 5; nth++) await ask(one, '127.26.4.1', 'closed');
        }),
    ),
    row(
      'STS throttles, and what is held is still valid',
      { kube2iam: '500: thrown away', kiam: 'served until it is evicted' },
      '200 document',
      async () => {
        const one = await world();
        one.aws.fault = () => 'throttle';
        const text = await answer(`${CREDENTIALS}blue`);
        one.aws.fault = () => null;
        return text;
      },
      'what is valid is served until it ends',
    ),
    row(
      'the pod is gone when its credentials come to be renewed',
      { kiam: '0 calls' },
      '0 identities',
      async () => {
        const one = await world('--log-level=info');
        one.pod('brief', {
          ip: '127.26.5.1',
          role: 'red',
          annotations: { 'iam.amazonaws.com/session-name': 'brief' },
        });
        await ask(one, '127.26.5.1', 'red');
        const held = async () =>
          Number(/pod_iam_credentials_held (\d+)/.exec((await one.admin('/metrics')).body)![1]);
        const before = await held();
        one.removePod('brief');
        await until('dropped', async () => (await held()) === before - 1);
        return `${(await held()) - (before - 1)} identities`;
      },
      'nothing is kept of a pod that is gone',
    ),
  ],
};

/** What STS was asked for by the first call for a pod with these annotations. */
const wanted = (
  what: string,
  annotations: Record<string, string>,
  peers: Peers,
  ours: string,
  why: string | null = null,
) =>
  row(
    what,
    peers,
    ours,
    async () => {
      const one = await world('--log-level=info');
      const name = `asks-${what.replaceAll(' ', '-')}`;
      one.pod(name, { role: 'red', annotations });
      const calls = () =>
        one.aws.requests.filter(({ parameters }) => parameters['RoleSessionName'] === `shop.${name}`);
      await until('the call', () => calls().length > 0);
      const { ExternalId, DurationSeconds } = calls()[0]!.parameters;
      one.removePod(name);
      return `${ExternalId ?? 'no external id'}, ${DurationSeconds} s`;
    },
    why,
  );
const EXTERNAL = 'iam.amazonaws.com/external-id';

export const requests: Area = {
  title: 'What STS is asked for',
  cases: [
    wanted(
      'without an external id',
      {},
      {
        kube2iam: 'no external id, 1800 s',
        kiam: 'no external id, 900 s',
        metadataproxy: 'no external id, 3600 s',
      },
      'no external id, 3600 s',
      'what lives an hour is renewed at half of it, with 25 minutes left at least',
    ),
    wanted(
      'with an external id',
      { [EXTERNAL]: 'my-external-id' },
      {
        kube2iam: 'my-external-id, 1800 s',
        kiam: 'my-external-id, 900 s',
        metadataproxy: 'my-external-id, 3600 s',
      },
      'my-external-id, 3600 s',
    ),
    wanted(
      'with an empty external id',
      { [EXTERNAL]: '' },
      { kube2iam: 'no external id, 1800 s' },
      'no external id, 3600 s',
    ),
  ],
};
