// curl's --aws-sigv4: signs the host, the date and the headers given with -H, as curl does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, createHmac } from 'node:crypto';
import type { CurlUrl } from './main.ts';
import { type Header, header, type Options } from './options.ts';

/** The headers to add. A credential that is not KEY:SECRET signs with an empty secret, as curl does. */
export function signatureHeaders(url: CurlUrl, options: Options, now: Date = new Date()): Header[] {
  const [, , region = '', service = ''] = (options.signWith ?? '').split(':');
  const [keyId = '', secret = ''] = splitOnce(options.user ?? '');
  const timestamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const date = timestamp.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;

  const signed = new Map(
    [header('Host', url.authority), header('X-Amz-Date', timestamp), ...options.headers].map(
      ({ name, value }) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const,
    ),
  );
  const names = [...signed.keys()].sort();
  const [path = '', query = ''] = splitOnce(url.target, '?');
  const canonical = [
    options.method,
    path,
    query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${signed.get(name)}`),
    '',
    names.join(';'),
    sha256(options.data ?? ''),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(Buffer.from(`AWS4${secret}`), date));
  const signature = hmac(key, toSign).toString('hex');
  return [
    header(
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    ),
    header('X-Amz-Date', timestamp),
  ];
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

function splitOnce(text: string, at = ':'): [string, string] {
  const index = text.indexOf(at);
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
