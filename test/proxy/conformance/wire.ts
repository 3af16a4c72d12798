// Requests byte for byte, as clients and attackers write them and no library would.
import { type Area, type Peers, row } from './case.ts';
import { CREDENTIALS, POD, world } from './worlds.ts';

const HOST = 'Host: 169.254.169.254';
const TOKEN = 'X-aws-ec2-metadata-token: {token}';
const TTL = 'X-aws-ec2-metadata-token-ttl-seconds: 60';
const END = 'Connection: close\r\n\r\n';

const lines = (...all: string[]): string => [...all, END].join('\r\n');
const asked = (...headers: string[]): string => lines(`GET ${CREDENTIALS} HTTP/1.1`, HOST, TOKEN, ...headers);
const token = (...headers: string[]): string =>
  lines('PUT /latest/api/token HTTP/1.1', HOST, TTL, ...headers);

/** `200 blue`, or `100 200 token`: every status, and what the last body says in a word. */
async function answerTo(bytes: string): Promise<string> {
  const one = await world();
  const heard = await one.raw(POD, bytes.replaceAll('{token}', await one.token(POD)), 2_000);
  const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
  const body = heard.split('\r\n\r\n').at(-1)!;
  const word = /"Code":"(\w+)"/.exec(body)?.[1] ?? (/^[\w.-]{50,}$/.test(body) ? 'token' : body);
  const server = heard.includes('\r\nServer: EC2ws\r\n') ? '' : ', without a Server header';
  return `${[...statuses, word].join(' ').trim()}${server}`;
}

const wire = (what: string, bytes: string, ours: string, peers: Peers = {}, why: string | null = null) =>
  row(what, peers, ours, () => answerTo(bytes), why);

const UNREADABLE = '400 BadRequest';
const notUsed = 'credentials are never served in part, nor by their age';

export const wires: Area = {
  title: 'On the wire',
  cases: [
    wire('HTTP/1.0', `GET ${CREDENTIALS} HTTP/1.0\r\n${HOST}\r\n${TOKEN}\r\n\r\n`, '200 blue', {
      ec2: '200',
    }),
    wire(
      'HTTP/1.0 without a Host header',
      `GET ${CREDENTIALS} HTTP/1.0\r\n${TOKEN}\r\n\r\n`,
      '400 BadRequest',
      { kube2iam: '200', kiam: '200', metadataproxy: '200' },
      'every SDK sends one, and what cannot be told to be right is not',
    ),
    wire('HTTP/1.1 without a Host header', lines(`GET ${CREDENTIALS} HTTP/1.1`, TOKEN), '400 BadRequest', {
      kube2iam: '400',
      kiam: '400',
    }),
    wire('an empty Host header', lines(`GET ${CREDENTIALS} HTTP/1.1`, 'Host:', TOKEN), '403 Forbidden'),
    wire(
      'two Host headers',
      asked('Host: evil.example'),
      '403 Forbidden',
      { kube2iam: '400' },
      'which of them counts is not guessed; the status says what is wrong with them',
    ),
    wire('a Host header of the address and a port', asked().replace(HOST, `${HOST}:80`), '200 blue'),
    wire('a Host header of another spelling', asked().replace(HOST, 'Host: 2852039166'), '403 Forbidden'),
    wire('Range', asked('Range: bytes=0-1'), '200 blue', {}, notUsed),
    wire(
      'If-Modified-Since',
      asked('If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'),
      '200 blue',
      {},
      notUsed,
    ),
    wire('If-None-Match', asked('If-None-Match: *'), '200 blue', {}, notUsed),
    wire('an upgrade to HTTP/2', asked('Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'), '200 blue'),
    wire('X-Original-URL', asked('X-Original-URL: /latest/user-data'), '200 blue'),
    wire('X-HTTP-Method-Override', asked('X-HTTP-Method-Override: PUT'), '200 blue'),
    wire('GET with a body', `${asked('Content-Length: 5')}hello`, '200 blue', { kube2iam: '200' }),
    wire('two requests at once on a connection', asked().replace(END, '\r\n') + asked(), '200 200 blue'),
    wire('PUT with a body', `${token('Content-Length: 5')}hello`, '200 token', { ec2: '200' }),
    wire(
      'PUT with a body in chunks',
      `${token('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
      '200 token',
    ),
    wire(
      'PUT with a body that is announced',
      `${token('Expect: 100-continue', 'Content-Length: 2')}{}`,
      '100 200 token',
    ),
    wire('PUT with an empty X-Forwarded-For', token('X-Forwarded-For:'), '403 Forbidden'),
    wire('PUT with Forwarded and Via', token('Forwarded: for=10.0.0.1', 'Via: 1.1 x'), '200 token'),
    wire('a length and chunks at once', token('Content-Length: 3', 'Transfer-Encoding: chunked'), UNREADABLE),
    wire('a length that is no number', token('Content-Length: x'), UNREADABLE),
    wire('a header on two lines', asked('X-A: a\r\n b'), UNREADABLE),
    wire('lines without a carriage return', asked().replaceAll('\r', ''), UNREADABLE),
    wire('a method that does not exist', asked().replace('GET', 'STEAL'), UNREADABLE),
    wire('a method in small letters', asked().replace('GET', 'get'), UNREADABLE),
    wire('no HTTP at all', 'SSH-2.0-OpenSSH_9.9\r\n\r\n', UNREADABLE),
    wire('20 KiB of headers', asked(`X-A: ${'a'.repeat(20_480)}`), '431 HeadersTooLarge'),
    wire('the token in quotes', asked().replace('{token}', '"{token}"'), '401 Unauthorized'),
    wire('the token twice', asked(TOKEN), '401 Unauthorized'),
    wire('the token with blanks around it', asked().replace('{token}', '  {token}  '), '200 blue'),
    wire('an empty token', asked().replace('{token}', ''), '401 Unauthorized'),
    wire(
      'the name of the header in capitals',
      asked().replace(/X-aws[^:]*/, (name) => name.toUpperCase()),
      '200 blue',
    ),
    wire(
      'the token in the Authorization header',
      asked().replace(/X-aws[^:]*/, 'Authorization'),
      '401 Unauthorized',
    ),
    wire(
      'the token in the query',
      lines(`GET ${CREDENTIALS}?token={token} HTTP/1.1`, HOST),
      '401 Unauthorized',
    ),
  ],
};
