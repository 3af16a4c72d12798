// Reads a request's body: JSON, or YAML where the API takes it.
import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest, unsupportedMediaType } from '../status.ts';

// As the real server's --max-request-bytes default.
const limitBytes = 3 * 1024 * 1024;

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      throw new ApiError(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${limitBytes}`,
        {},
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type without its parameters; empty when none is given. */
export const mediaType = (message: IncomingMessage): string =>
  (message.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();

/** Of POST, PUT and DELETE; undefined when there is no body. */
export async function readObject(message: IncomingMessage, kind: string): Promise<unknown> {
  const type = mediaType(message);
  const body = await readBody(message);
  if (body.length === 0 && message.method === 'DELETE') return undefined;
  if (type === '' || type === 'application/json' || type === '*/*') return parseJson(body, kind);
  if (type === 'application/yaml') return parseYaml(body);
  throw unsupportedMediaType();
}

export function parseJson(body: Buffer, kind: string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${goMessage(error)} (${glimpse(body)})`,
    );
  }
}

// How the API's own parser words the common case.
function goMessage(error: unknown): string {
  const { message } = error as Error;
  return message.startsWith('Unexpected end of') ? 'unexpected end of JSON input' : message;
}

function glimpse(body: Buffer): string {
  const text = body.toString();
  if (text === '') return '<empty>';
  return text.startsWith('{') ? text.slice(0, 128) : body.toString('hex').slice(0, 128);
}

/** By the rules of YAML 1.1, as the API does: a bare `y` or `on` is a boolean there. */
export async function parseYaml(body: Buffer): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(body.toString(), { version: '1.1' });
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${(error as Error).message}`);
  }
}
