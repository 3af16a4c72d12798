// Requests that no honest client sends, from a seed: the same seed gives the same requests.

export type Random = () => number;

/** Numbers from 0 to 1. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'get',
  'BREW',
];

const PATHS = [
  '/latest/meta-data/iam/security-credentials/',
  '/latest/meta-data/iam/security-credentials/blue',
  '/latest/meta-data/iam/security-credentials/node',
  '/latest/meta-data/iam/security-credentials/team/green',
  '/latest/meta-data/iam/security-credentials-extended/node',
  '/latest/meta-data/iam/info',
  '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
  '/latest/user-data',
  '/latest/meta-data/placement/region',
  '/latest/meta-data/placement/../iam/security-credentials/node',
  '/latest/dynamic/instance-identity/document',
  '/latest/api/token',
  '/2009-04-04/meta-data/iam/security-credentials/node',
  '/1.0/user-data',
  '/-/pod-iam',
  '/v1/credentials',
  '/metrics',
  '/-/explain?ip=127.30.0.2',
  '/',
  '*',
];

const GLUE = [
  ...[
    '/',
    '//',
    '/./',
    '/../',
    '/..',
    '/.%2e/',
    '/%2e%2e/',
    '..%2f',
    '%2f',
    '%2F',
    '%5c',
    '\\',
    ';',
    ';x=1/',
    '?',
    '#',
    '&',
  ],
  ...[
    '%00',
    '%0a',
    '%0d%0a',
    '%09',
    '%20',
    '%',
    '%zz',
    '%u002f',
    '%252f',
    '%252e%252e/',
    '%25252f',
    '%c0%af',
    '%ef%bc%8f',
  ],
  ...[
    '%e2%88%95',
    '\u00a0',
    '\u2215',
    ':80',
    '@',
    '169.254.169.254',
    'iam',
    'user-data',
    'latest/',
    '~',
    '|',
    '^',
  ],
];

const HOSTS = [
  ...[
    '169.254.169.254',
    '169.254.169.254',
    '169.254.169.254',
    '169.254.169.254:80',
    '[fd00:ec2::254]',
    'evil.example',
  ],
  ...[
    '127.0.0.1',
    '169.254.170.23',
    '',
    ' ',
    '169.254.169.254, evil',
    '169.254.169.254\0',
    'x'.repeat(5_000),
  ],
];

/** The bytes of one request, as a string of characters up to 255. */
export function strangeRequest(random: Random, token: string): string {
  // Most are strange in their path alone, so that nothing else keeps it from being judged.
  if (random() < 0.7)
    return latin(
      `GET ${strangeTarget(random)} HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n`,
    );
  const body = random() < 0.15 ? 'b'.repeat(Math.floor(random() * 3_000)) : '';
  const lines = [
    `${pick(random, METHODS)} ${strangeTarget(random)} ${pick(random, ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9'])}`,
    ...(random() < 0.95 ? [`Host: ${pick(random, HOSTS)}`] : []),
    ...strangeHeaders(random, token),
    ...bodyHeaders(random, body),
  ];
  const end = pick(random, ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n']);
  return latin(`${lines.join(end)}${end}${end}${body}`);
}

function strangeTarget(random: Random): string {
  let path = pick(random, PATHS);
  for (let changes = Math.floor(random() * 4); changes > 0; changes--) path = change(random, path);
  if (random() < 0.02) path = `/${'a/'.repeat(Math.floor(random() * 20_000))}${path}`;
  if (random() < 0.1) path = `${pick(random, ['http:', 'HTTP:', 'ftp:', ''])}//${pick(random, HOSTS)}${path}`;
  return path;
}

function change(random: Random, path: string): string {
  const at = Math.floor(random() * (path.length + 1));
  const [head, tail] = [path.slice(0, at), path.slice(at)];
  switch (Math.floor(random() * 6)) {
    case 0:
      return head + pick(random, GLUE) + tail;
    case 1:
      return path.replaceAll('/', pick(random, GLUE));
    case 2:
      return head + encoded(tail.slice(0, 1), random() < 0.3 ? 2 : 1) + tail.slice(1);
    case 3:
      return head + tail.slice(0, 4).toUpperCase() + tail.slice(4);
    case 4:
      return head + String.fromCharCode(Math.floor(random() * 256)) + tail;
    default:
      return [...path].map((letter) => (random() < 0.3 ? encoded(letter, 1) : letter)).join('');
  }
}

function encoded(text: string, times: number): string {
  let out = text;
  for (let i = 0; i < times; i++)
    out = [...out]
      .map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0').slice(-2)}`)
      .join('');
  return out;
}

function strangeHeaders(random: Random, token: string): string[] {
  const known = [
    `X-aws-ec2-metadata-token: ${token}`,
    `X-aws-ec2-metadata-token: ${token.slice(0, -2)}xx`,
    `x-aws-ec2-metadata-token-ttl-seconds: ${pick(random, ['60', '0', '-1', '99999999999', 'x', '1e3'])}`,
    ...['X-Forwarded-For: 127.30.0.2', 'Forwarded: for=127.30.0.2', 'X-Real-IP: 127.30.0.2'],
    ...['X-Original-URL: /latest/user-data', 'X-HTTP-Method-Override: PUT'],
    ...[
      'Expect: 100-continue',
      'Expect: nonsense',
      'Upgrade: websocket\r\nConnection: Upgrade',
      'Connection: close',
    ],
    ...['Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__'],
    ...['Range: bytes=0-4', 'Authorization: Bearer x.y.z', 'Accept-Encoding: gzip, br', 'TE: trailers'],
    ...[
      'A b: c',
      ': empty',
      'Folded: a\r\n b',
      `Big: ${'h'.repeat(Math.floor(random() * 20_000))}`,
      'Nul: \0',
    ],
  ];
  return Array.from({ length: Math.floor(random() * 4) }, () => pick(random, known));
}

function bodyHeaders(random: Random, body: string): string[] {
  if (body === '') return random() < 0.1 ? ['Content-Length: 0'] : [];
  return pick(random, [
    [`Content-Length: ${body.length}`],
    [`Content-Length: ${body.length}`, 'Content-Type: application/json'],
    [`Content-Length: ${body.length + 5}`],
    [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked'],
    ['Transfer-Encoding: xchunked'],
    [],
  ]);
}

const latin = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
