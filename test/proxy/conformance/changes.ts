// What a pod is served when something changes while it runs.
import { until } from '../world.ts';
import { type Area, type Peers, row } from './case.ts';
import { CREDENTIALS, world } from './worlds.ts';

type World = Awaited<ReturnType<typeof world>>;
const IP = '127.26.20.1';
const ALLOWED = 'iam.amazonaws.com/allowed-roles';

/** Puts a pod of role blue there, changes something, and says what it is served as soon as that is not blue. */
const after = (
  what: string,
  peers: Peers,
  ours: string,
  change: (one: World) => void,
  why: string | null = null,
) =>
  row(
    what,
    peers,
    ours,
    async () => {
      const one = await world('--namespace-restrictions');
      const listed = async () => one.get(IP, CREDENTIALS);
      one.pod('changing', { ip: IP, role: 'blue' });
      await until('the pod', async () => (await listed()).body === 'blue');
      change(one);
      await until('the change', async () => (await listed()).body !== 'blue');
      const { status, body } = await listed();
      one.removePod('changing');
      allow(one, '["*"]');
      return `${status} ${/"Code":"(\w+)"/.exec(body)?.[1] ?? body}`;
    },
    why,
  );

const allow = (one: World, list: string) =>
  one.api.put('namespaces', { metadata: { name: 'shop', uid: 'ns-shop', annotations: { [ALLOWED]: list } } });

const WITHIN = 'within --pod-wait, 900 ms by default: SDKs give up after a second';
const notNothing = 'a role that is not allowed is told apart from none';

export const changes: Area = {
  title: 'What changes while a pod runs',
  cases: [
    after('its annotation names another role', { kube2iam: '200 red', kiam: '200 red' }, '200 red', (one) =>
      one.pod('changing', { ip: IP, role: 'red' }),
    ),
    after('its annotation is removed', { kube2iam: '404' }, '404 NoRole', (one) =>
      one.pod('changing', { ip: IP }),
    ),
    after('its annotation becomes empty', { kube2iam: '404', kiam: '404' }, '404 NoRole', (one) =>
      one.pod('changing', { ip: IP, role: '' }),
    ),
    after(
      "its namespace's list leaves its role out",
      { kube2iam: '404' },
      '403 RoleNotAllowed',
      (one) => allow(one, '["red"]'),
      notNothing,
    ),
    after(
      "its namespace's list becomes unreadable",
      { kube2iam: '404' },
      '403 RoleNotAllowed',
      (one) => allow(one, '["blue"'),
      notNothing,
    ),
    after(
      "its namespace's list is removed",
      { kube2iam: '404' },
      '403 RoleNotAllowed',
      (one) => one.api.put('namespaces', { metadata: { name: 'shop', uid: 'ns-shop' } }),
      notNothing,
    ),
    after(
      'it is gone',
      { kube2iam: '404 after 2 s', kiam: '500 after 5 s' },
      '404 UnknownCaller',
      (one) => one.removePod('changing'),
      WITHIN,
    ),
    after(
      'it has ended',
      { kube2iam: '404 after 2 s', kiam: '500 after 5 s' },
      '404 UnknownCaller',
      (one) => one.pod('changing', { ip: IP, role: 'blue', phase: 'Succeeded' }),
      WITHIN,
    ),
    after(
      'its address belongs to a new pod',
      { kube2iam: '404: two pods', kiam: '500: two pods' },
      '200 red',
      (one) => {
        one.pod('new', { ip: IP, role: 'red' });
        setTimeout(() => one.removePod('new'), 1_000).unref();
      },
      'an address is reused before the end of the old pod is told',
    ),
  ],
};
