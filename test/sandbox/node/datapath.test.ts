import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startNodes, type TestNodes } from './helpers.ts';

/** As the redirect sets it, with the node's own address. */
const table = (host: string, port: number): string => `
table inet pod_iam
delete table inet pod_iam
table inet pod_iam {
  chain prerouting {
    type nat hook prerouting priority dstnat - 5; policy accept;
    ip daddr 169.254.169.254 tcp dport 80 counter dnat ip to ${host}:${port}
  }
  chain output {
    type nat hook output priority -105; policy accept;
    ip daddr 169.254.170.23 tcp dport 80 dnat ip to ${host}:${port}
  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    tcp dport ${port} ct original ip daddr 169.254.169.254 accept
    iifname "lo" tcp dport ${port} accept
    tcp dport ${port} counter drop
  }
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    ip daddr 169.254.169.254 counter reject
    ip6 daddr fd00:ec2::254 reject
  }
}
`;

let world: TestNodes;
let imds: Server;
let daemon: Server;
let daemonPort = 0;
const answering = (name: string): Server =>
  createServer((request, response) => response.end(`${name} ${request.socket.remoteAddress} ${request.url}`));
const listen = (server: Server, host: string): Promise<number> =>
  new Promise((done) => server.listen(0, host, () => done((server.address() as AddressInfo).port)));

before(async () => {
  imds = answering('imds');
  world = await startNodes(2, { address: '127.0.0.1', port: await listen(imds, '127.0.0.1') });
  daemon = answering('daemon');
  daemonPort = await listen(daemon, host());
});
after(async () => {
  await world.close();
  imds.close();
  daemon.close();
});

const host = (): string => world.nodes[0]!.hostIp;
/** The address of the pod comes first, then what the script printed. */
const run = async (script: string, spec: object = {}): Promise<string[]> => {
  const env = [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
  const output = await world.output({ containers: [{ env }], ...spec } as never, `echo $IP; ${script}`);
  return output.trim().split('\n');
};
const onHost = { hostNetwork: true };
const setTable = async (): Promise<void> => {
  const output = await world.output(onHost, `nft -f - <<'END' && echo set\n${table(host(), daemonPort)}END`);
  assert.equal(output, 'set\n');
};
const METADATA = 'curl -sS -m 1 http://169.254.169.254/latest';

describe('without a rule', () => {
  it("pods and host reach the node's own metadata service", async () => {
    const [ip, answer] = await run(METADATA);
    assert.equal(answer, `imds ${ip} /latest`);
    assert.deepEqual(await run(METADATA, onHost), [host(), `imds ${host()} /latest`]);
  });

  it('nothing answers there on another port, and nothing outside is reachable', async () => {
    const [, refused, unresolved, unrouted] = await run(
      `${METADATA.replace('/latest', ':8080/')} 2>&1; curl -sS http://sts.amazonaws.com/ 2>&1; curl -sS http://192.0.2.1/ 2>&1`,
    );
    assert.match(
      refused!,
      /^curl: \(7\) Failed to connect to 169.254.169.254 port 8080 after \d+ ms: Couldn't connect to server$/,
    );
    assert.equal(unresolved, 'curl: (6) Could not resolve host: sts.amazonaws.com');
    assert.match(unrouted!, /^curl: \(7\) Failed to connect to 192.0.2.1 port 80 /);
  });
});

describe('with the rule', () => {
  beforeEach(setTable);

  it('pods reach the daemon, which sees their own address; host processes still reach the service', async () => {
    const [ip, answer] = await run(METADATA);
    assert.equal(answer, `daemon ${ip} /latest`);
    assert.deepEqual(await run(METADATA, onHost), [host(), `imds ${host()} /latest`]);
  });

  it('what the output hook leads elsewhere goes there from the host alone', async () => {
    const container = 'curl -sS -m 1 http://169.254.170.23/v1 2>&1';
    assert.deepEqual(await run(container, onHost), [host(), `daemon ${host()} /v1`]);
    const [, answer] = await run(container);
    assert.match(answer!, /^curl: \(7\) Failed to connect to 169.254.170.23 port 80 /);
  });

  it('Node programs in a pod go the same way', async () => {
    const [ip, answer] = await run(
      'node -e "fetch(\'http://169.254.169.254/sdk\').then(r => r.text()).then(console.log)"',
    );
    assert.equal(answer, `daemon ${ip} /sdk`);
  });

  it("another node's pods still reach their own service", async () => {
    const [ip, answer] = await run(METADATA, { nodeName: 'node-2' });
    assert.equal(answer, `imds ${ip} /latest`);
    assert.match(ip!, /^127\.\d+\.1\.\d+$/);
  });

  it('no pod of any node reaches the daemon directly, but the host does', async () => {
    const direct = `curl -sS -m 0.3 http://${host()}:${daemonPort}/direct 2>&1`;
    for (const nodeName of ['node-1', 'node-2']) {
      const [, answer] = await run(direct, { nodeName });
      assert.match(answer!, /^curl: \(28\) Connection timed out after 3\d\d milliseconds$/);
    }
    assert.deepEqual(await run(direct, onHost), [host(), `daemon ${host()} /direct`]);
  });

  it('other ports of the metadata address are refused, not forwarded', async () => {
    const [, answer] = await run(`${METADATA.replace('/latest', ':8080/')} 2>&1`);
    assert.match(answer!, /^curl: \(7\) /);
  });

  it('a daemon that is gone is a refusal, never the node', async () => {
    const gone = daemonPort;
    await new Promise((done) => daemon.close(done));
    try {
      const [, answer] = await run(`${METADATA} 2>&1`);
      assert.match(
        answer!,
        /^curl: \(7\) Failed to connect to 169.254.169.254 port 80 after \d+ ms: Couldn't connect to server$/,
      );
    } finally {
      daemon = answering('daemon');
      await new Promise<void>((done) => daemon.listen(gone, host(), done));
    }
  });

  it('a packet that it counted shows in the list, and setting it anew counts from zero', async () => {
    await run(`${METADATA}; ${METADATA}`);
    const listed = await world.output(onHost, 'nft list table inet pod_iam');
    assert.match(listed, /tcp dport 80 counter packets 2 bytes 120 dnat ip to /);
    await setTable();
    assert.match(await world.output(onHost, 'nft list ruleset'), /counter packets 0 bytes 0 dnat/);
  });

  it('when it is deleted, pods reach the metadata service again', async () => {
    assert.equal(await world.output(onHost, 'nft delete table inet pod_iam; nft list tables'), '');
    const [ip, answer] = await run(METADATA);
    assert.equal(answer, `imds ${ip} /latest`);
  });
});

describe('a pod', () => {
  it("cannot speak or listen with another's address", async () => {
    const [, spoken, listened] = await run(`node -e "
      const net = require('net');
      net.connect({ host: '127.0.0.1', port: 1 }).on('error', () => {});
      net.connect({ host: '${host()}', port: ${daemonPort}, localAddress: '127.1.1.77' }).on('error', (e) => { console.log(e.code);
        net.createServer().listen(80, '${host()}').on('error', (e) => console.log(e.code)); });
    "`);
    assert.equal(spoken, 'EADDRNOTAVAIL');
    assert.equal(listened, 'EADDRNOTAVAIL');
  });

  it('has a loopback of its own: the same port on 127.0.0.1 serves each pod apart', async () => {
    const script = (name: string): string => `node -e "
      const http = require('http');
      const s = http.createServer((q, r) => r.end('${name}')).listen(8080, '127.0.0.1', () =>
        http.get('http://localhost:8080/', (r) => r.on('data', (d) => { console.log(String(d)); setTimeout(() => process.exit(), 300); })));
    "`;
    const both = await Promise.all([run(script('one')), run(script('two'))]);
    assert.deepEqual(
      both.map(([, answer]) => answer),
      ['one', 'two'],
    );
  });

  it('finds its way through `unshare --root` to the tools of the node', async () => {
    const output = await world.output(
      {
        containers: [
          {
            volumeMounts: [
              { name: 'root', mountPath: '/host' },
              { name: 'usr', mountPath: '/host/usr' },
            ],
          },
        ],
        volumes: [
          { name: 'root', emptyDir: {} },
          { name: 'usr', hostPath: { path: '/usr', type: 'Directory' } },
        ],
      } as never,
      'unshare --root=/host -- nft --version; unshare --root=/host -- /usr/sbin/none 2>&1; echo $?',
    );
    assert.equal(
      output,
      'nftables v1.0.6 (emulated)\nunshare: failed to execute /usr/sbin/none: No such file or directory\n127\n',
    );
  });
});
