// Reads a request as SDKs really send them, which come in one piece and hold nothing unusual, in a fraction
// of the time that Node's server takes. It knows a part of HTTP that cannot be misread; whatever differs in
// one byte is not read here but by Node.

export interface PlainRequest {
  method: 'GET' | 'PUT';
  requestLine: string;
  /** Whether the connection stays open after the answer. */
  keepsAlive: boolean;
  /** @param name in lower case */
  header(name: string): string | undefined;
}

const MAX_BYTES = 4_096;
/** A path of harmless characters, and headers of one line each; no body, and nothing after it. */
const PLAIN = /^(GET|PUT) (\/[\w+=,.@%:/-]*) HTTP\/1\.1\r\n((?:[A-Za-z][A-Za-z0-9-]*:[ -~]*\r\n)+)\r\n$/;
/** These change what belongs to the request, or who else is meant. */
const FRAMING = new Set([
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Null for all that Node has to read. */
export function readPlain(chunk: Buffer): PlainRequest | null {
  if (chunk.length > MAX_BYTES) return null;
  const parts = PLAIN.exec(chunk.toString('latin1'));
  if (!parts) return null;
  const names: string[] = [];
  const values: string[] = [];
  const block = parts[3]!;
  for (let at = 0; at < block.length; ) {
    const colon = block.indexOf(':', at);
    const end = block.indexOf('\r', colon);
    const name = block.slice(at, colon).toLowerCase();
    // Which of two counts is a question for Node.
    if (FRAMING.has(name) || names.includes(name)) return null;
    names.push(name);
    values.push(block.slice(colon + 1, end).trim());
    at = end + 2;
  }
  const header = (name: string): string | undefined => values[names.indexOf(name)];
  if (header('host') === undefined || (header('content-length') ?? '0') !== '0') return null;
  const connection = header('connection')?.toLowerCase() ?? 'keep-alive';
  if (connection !== 'keep-alive' && connection !== 'close') return null;
  return {
    method: parts[1] as 'GET' | 'PUT',
    requestLine: parts[2]!,
    keepsAlive: connection === 'keep-alive',
    header,
  };
}
