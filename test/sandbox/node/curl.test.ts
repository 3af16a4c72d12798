import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import net, { type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tools } from './tools.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const NO_CURL = 'this machine has no curl to compare with';
const FORMAT = String.raw`\n[%{http_code} %{errormsg} %{exitcode}]\n`;
const CLEAN = { PATH: process.env.PATH };

/** What came in, and what a path answers: the ways in which a transfer ends. */
const requests: string[] = [];
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const text = bytes.toString();
    requests.push(text);
    const path = text.split(' ')[1]!;
    const head = (extra: string, body = ''): string => `HTTP/1.1 200 OK\r\n${extra}\r\n\r\n${body}`;
    if (path === '/empty') socket.end();
    else if (path === '/reset') socket.resetAndDestroy();
    else if (path === '/short') socket.end(head('Content-Length: 10', 'abc'));
    else if (path === '/hang') return;
    else if (path === '/hang-in-body') socket.write(head('Content-Length: 10', 'abc'));
    else if (path === '/junk') socket.end('junk\r\n\r\n');
    else if (path === '/chunked')
      socket.end(head('Transfer-Encoding: chunked', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'));
    else if (path === '/to-the-end') socket.end(head('X: y', 'until closed'));
    else if (path === '/continue')
      socket.end(`HTTP/1.1 100 Continue\r\n\r\n${head('Content-Length: 2', 'ok')}`);
    else if (path === '/404') socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope');
    else if (path === '/204') socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    else socket.end(head('Content-Length: 2', 'ok'));
  });
});
let base = '';
let closedPort = 0;

before(async () => {
  const listen = (one: Server): Promise<number> =>
    new Promise((done) => one.listen(0, '127.0.0.1', () => done((one.address() as AddressInfo).port)));
  base = `http://127.0.0.1:${await listen(server)}`;
  const other = net.createServer();
  closedPort = await listen(other);
  await new Promise((done) => other.close(done));
});
after(() => server.close());

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
  request: string | undefined;
}

const ours = (args: string[], input = ''): Promise<Ended> =>
  end(spawn(process.execPath, [join(tools, 'curl.cjs'), ...args], { env: CLEAN }), input);
const real = (args: string[], input = ''): Promise<Ended> =>
  end(spawn('curl', ['-q', ...args], { env: CLEAN }), input);

function end(child: ChildProcess, input: string): Promise<Ended> {
  const before = requests.length;
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => (stdout += chunk));
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  return new Promise((done) =>
    child.on('close', (status) => done({ status, stdout, stderr, request: requests[before] })),
  );
}

/** Times, this curl's own version, and wording that newer releases changed. */
const comparable = ({ status, stdout, stderr, request }: Ended): unknown => {
  const plain = (text: string): string =>
    text
      .replace(/\d+ (ms|milliseconds)/g, 'N $1')
      .replace('Could not connect to server', "Couldn't connect to server")
      .replace(/end of response with (\d+) bytes missing/, 'transfer closed with $1 bytes remaining to read')
      .replace(
        'URL rejected: Malformed input to a URL function',
        'URL using bad/illegal format or missing URL',
      );
  return {
    status,
    stdout: plain(stdout),
    stderr: plain(stderr),
    request: request?.replace(/curl\/[\d.]+/, 'curl'),
  };
};

const transfers: [string, string[]][] = [
  ['an answer with a length', ['/ok']],
  ['an answer in chunks', ['/chunked']],
  ['an answer that ends with the connection', ['/to-the-end']],
  ['an interim answer', ['/continue']],
  ['no content', ['/204']],
  ['an error status', ['/404']],
  ['an error status with -f', ['-f', '/404']],
  ['a head alone', ['-I', '/ok']],
  ['head and body', ['-i', '/ok']],
  [
    'another method and headers',
    ['-X', 'PUT', '-H', 'X-aws-ec2-metadata-token-ttl-seconds: 60', '/latest/api/token'],
  ],
  ['a foreign host and no accept header', ['-H', 'Host: example.com', '-H', 'Accept:', '/ok']],
  ['dot segments that are resolved', ['/a/../b/./c//d/..']],
  ['a path as it is', ['--path-as-is', '/a/../b/./c//d/..']],
  ['encoded characters', ['/%2e%2e/a%2fb?x=%20&y']],
  ['form data', ['-d', 'Action=GetCallerIdentity', '--data', 'Version=2011-06-15', '/']],
  ['a body into a file', ['-o', '/dev/null', '/ok']],
  ['two addresses', ['-o', '/dev/null', '/ok', '/404']],
  ['an empty reply', ['/empty']],
  ['a reset', ['/reset']],
  ['a body that ends early', ['/short']],
  ['no answer in time', ['-m', '0.3', '/hang']],
  ['half an answer in time', ['-m', '0.3', '/hang-in-body']],
  ['something that is not HTTP', ['/junk']],
];

describe('the curl of the sandbox is like the real one', {
  skip: hasCurl ? false : NO_CURL,
}, () => {
  for (const [name, words] of transfers) {
    it(`for ${name}`, async () => {
      const args = [
        '-sS',
        '-g',
        '-w',
        FORMAT,
        ...words.map((word) => (word.startsWith('/') && word !== '/dev/null' ? base + word : word)),
      ];
      assert.deepEqual(comparable(await ours(args)), comparable(await real(args)));
    });
  }

  const failures: [string, () => string[]][] = [
    ['a refused connection', () => [`http://127.0.0.1:${closedPort}/`]],
    ['a name that does not resolve', () => ['http://no-such-host.invalid/']],
    ['an address that is none', () => ['http://a b/']],
    ['another protocol', () => ['ftpx://a/']],
    ['a file that cannot be written', () => ['-o', '/no/such/folder/x', `${base}/ok`]],
  ];
  for (const [name, words] of failures) {
    it(`for ${name}`, async () => {
      const args = ['-sS', '-w', FORMAT, ...words()];
      assert.deepEqual(comparable(await ours(args)), comparable(await real(args)));
    });
  }

  it('for words that it does not know', async () => {
    assert.deepEqual(comparable(await ours(['--foo'])), comparable(await real(['--foo'])));
    assert.deepEqual(comparable(await ours(['-s'])), comparable(await real(['-s'])));
  });

  it('for options on standard input', async () => {
    const config = [
      '# a comment',
      `url = "${base}/config"`,
      'header = "X-Quoted: a \\"b\\" c"',
      'header: X-Plain:1',
      '-X PUT',
      'silent',
      `write-out = "${FORMAT.replaceAll('\\', '\\\\')}"`,
    ].join('\n');
    assert.deepEqual(
      comparable(await ours(['-K', '-'], config)),
      comparable(await real(['-K', '-'], config)),
    );
  });

  it('for a signature, byte for byte, when both sign in the same second', async () => {
    const args = [
      ...[
        '-sS',
        '--aws-sigv4',
        'aws:amz:eu-central-1:sts',
        '-u',
        'AKIDEXAMPLE:wJalrXUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY',
      ],
      ...[
        '-H',
        'X-Amz-Security-Token: a+b/c==',
        '-d',
        'Action=GetCallerIdentity&Version=2011-06-15',
        `${base}/`,
      ],
    ];
    for (let attempt = 0; attempt < 5; attempt++) {
      const [a, b] = [(await ours(args)).request!, (await real(args)).request!];
      const date = (text: string): string | undefined => /X-Amz-Date: (\w+)/.exec(text)?.[1];
      if (date(a) !== date(b)) continue;
      assert.equal(/Authorization: (.*)/.exec(a)?.[1], /Authorization: (.*)/.exec(b)?.[1]);
      return;
    }
    assert.fail('five times, the second changed between the two');
  });
});

it('curl refuses an option that the sandbox does not know, rather than ignore it', async () => {
  const { status, stderr } = await ours(['--resolve', 'a:80:127.0.0.1', `${base}/`]);
  assert.equal(status, 2);
  assert.equal(
    stderr,
    "curl: option --resolve: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
  );
});
