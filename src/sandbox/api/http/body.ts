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
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type without its parameters; empty when none is given. */
export const mediaType = (message: IncomingMessage): string =>
  (message.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();

/** Of POST, PUT and DELETE; undefined when there is no body. */
export async function readObject(message: IncomingMessage): Promise<unknown> {
  const body = await readBody(message);
  const type = mediaType(message);
  if (body.length === 0) return undefined;
  if (type === '' || type === 'application/json' || type === '*/*') return parseJson(body);
  if (type === 'application/yaml') return parseYaml(body);
  throw unsupportedMediaType(['application/json', 'application/yaml']);
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export async function parseYaml(body: Buffer): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(body.toString());
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${(error as Error).message}`);
  }
}
