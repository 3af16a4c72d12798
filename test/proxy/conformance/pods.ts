// Which pod is behind an address.
import { createServer } from 'node:net';
import { canonicalAddress, readAddress } from '../../../src/proxy/who/address.ts';
import { PodIndex } from '../../../src/proxy/who/pod-index.ts';
import { podRecord } from '../../../src/proxy/who/pod-record.ts';
import { type Area, type Peers, row } from './case.ts';

const IP = '10.0.0.1';

interface Given {
  name?: string;
  uid?: string;
  phase?: string;
  podIP?: string | null;
  podIPs?: { ip: string }[];
  hostNetwork?: boolean;
  terminating?: boolean;
}

/** Puts pods into the index one after the other, and says who answers for an address. */
function behind(address: string, ...pods: Given[]): string {
  const index = new PodIndex();
  for (const [nth, { name = 'a', uid = name, hostNetwork, terminating, ...status }] of pods.entries()) {
    const object = {
      metadata: {
        ...{ uid, name, namespace: 'shop', creationTimestamp: `2026-01-01T00:00:0${nth}Z` },
        ...(terminating && { deletionTimestamp: '2026-01-01T00:01:00Z' }),
      },
      spec: { nodeName: 'n', hostNetwork },
      status,
    };
    index.set(podRecord(object, { annotations: [], announced: false, audience: null })!);
  }
  return index.at(address)?.name ?? 'nobody';
}
const running = { phase: 'Running', podIP: IP };
const who = (
  what: string,
  peers: Peers,
  ours: string,
  pods: Given[],
  why: string | null = null,
  address = IP,
) => row(what, peers, ours, () => behind(address, ...pods), why);
const yes: Peers = { kube2iam: 'a', kiam: 'a' };
const no: Peers = { kube2iam: 'nobody', kiam: 'nobody' };

export const pods: Area = {
  title: 'The pod behind an address',
  cases: [
    who('Running', yes, 'a', [running]),
    who('Pending, with an address', yes, 'a', [{ phase: 'Pending', podIP: IP }]),
    who('Succeeded', no, 'nobody', [{ ...running, phase: 'Succeeded' }]),
    who('Failed', no, 'nobody', [{ ...running, phase: 'Failed' }]),
    who('without an address', no, 'nobody', [{ phase: 'Running', podIP: '' }]),
    who(
      "on the node's network",
      { kube2iam: 'a', kiam: 'nobody' },
      'nobody',
      [{ ...running, hostNetwork: true }],
      'the address is that of the node and of all that runs on its network',
    ),
    who('terminating', yes, 'a', [{ ...running, terminating: true }], null),
    who('of a phase that is not known', yes, 'a', [{ phase: 'Unknown', podIP: IP }]),
    who('without a phase, with an address', yes, 'a', [{ podIP: IP }]),
    who('with null for its address', no, 'nobody', [{ phase: 'Running', podIP: null }]),
    who('that has got another address since', no, 'nobody', [running, { ...running, podIP: '10.0.0.2' }]),
    who('that ran and has ended', no, 'nobody', [running, { ...running, phase: 'Succeeded' }]),
    who(
      'two of one name, one after the other',
      { kube2iam: '404 until the end of the first is told', kiam: '500' },
      'nobody',
      [running, { ...running, uid: 'second', podIP: '10.0.0.2' }],
      'a name has one pod at a time: the second tells the end of the first',
    ),
    who(
      'two that run',
      { kube2iam: '404 after 2 s; the first with --resolve-duplicate-cache-ips', kiam: '500 after 5 s' },
      'b',
      [running, { ...running, name: 'b' }],
      'the one that was seen there last: an address is reused before the end of the old pod is told',
    ),
    who(
      'one that is terminating, and a new one',
      { kube2iam: '404', kiam: '500' },
      'b',
      [
        { ...running, terminating: true },
        { ...running, name: 'b' },
      ],
      'the new one, at once',
    ),
    who('a finished one, and a new one', { kube2iam: 'b', kiam: 'b' }, 'b', [
      { ...running, phase: 'Succeeded' },
      { ...running, name: 'b' },
    ]),
    who("one on the node's network, and one of its own", { kube2iam: '404', kiam: 'b' }, 'b', [
      { ...running, hostNetwork: true },
      { ...running, name: 'b' },
    ]),
    who(
      'its second address, of IPv6',
      { kube2iam: 'nobody', kiam: 'nobody' },
      'a',
      [{ ...running, podIPs: [{ ip: IP }, { ip: 'fd00::1' }] }],
      'all addresses of a dual-stack pod are its own',
      'fd00::1',
    ),
  ],
};

const read = (given: string, kube2iam: string, ours: string, why: string | null = null) =>
  row(`\`${given}\``, { kube2iam }, ours, () => canonicalAddress(given), why);

/** As the daemon takes it: from the socket, never from a text of the caller. */
const peer = (host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      resolve(canonicalAddress(socket.remoteAddress ?? ''));
      socket.destroy();
      server.close();
    });
    server.on('error', reject);
    server.listen(0, host, async () => {
      const { connect } = await import('node:net');
      const { port } = server.address() as { port: number };
      connect(port, host === '::' ? '127.0.0.1' : host).on('error', () => {});
    });
  });

export const addresses: Area = {
  title: "The caller's address",
  cases: [
    row('of an IPv4 peer', { kube2iam: '127.0.0.1' }, '127.0.0.1', () => peer('127.0.0.1')),
    row('of an IPv4 peer on a socket for both families', { kube2iam: '127.0.0.1' }, '127.0.0.1', () =>
      peer('::'),
    ),
    row('of an IPv6 peer', { kube2iam: 'the whole text, port and all, before #389' }, '::1', () =>
      peer('::1'),
    ),
    read('fd00:ec2::254', 'fd00:ec2::254', 'fd00:ec2::254'),
    read('FD00:EC2:0:0:0:0:0:254', 'as it is', 'fd00:ec2::254', 'one spelling for each address'),
    read('::ffff:10.0.0.1', 'as it is', '10.0.0.1', 'one spelling for each address'),
    row(
      'that cannot be told',
      { kube2iam: 'empty: nobody' },
      'nobody',
      () => new PodIndex().at(canonicalAddress(''))?.name ?? 'nobody',
    ),
    read('fe80::1%eth0', 'as it is', 'fe80::1', 'one spelling for each address'),
    ...(
      [
        ['10.0.0.1', '10.0.0.1'],
        ['10.0.0.1:8080', '10.0.0.1'],
        ['127.0.0.1:12345', '127.0.0.1'],
        ['[fd00:ec2::254]:8181', 'fd00:ec2::254'],
        ['[fd00:ec2::254]', 'fd00:ec2::254'],
        ['myhost:1234', 'none'],
        ['a:', 'none'],
        ['abcd', 'none'],
        ['256.0.0.1', 'none'],
        ['', 'none'],
      ] as const
    ).map(([given, ours]) =>
      row(
        `\`${given}\`, of the operator's /-/explain?ip=…`,
        { kube2iam: ours === 'none' ? 'empty: nobody' : ours },
        ours,
        () => readAddress(given) ?? 'none',
      ),
    ),
  ],
};
