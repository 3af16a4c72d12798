// What the API server and the Docker engine answer: JSON, as a whole or a document on each line, and
// refusals in their own words.
import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { messageOf } from '../log.ts';

/** A call that was refused or came to nothing. `status` is 0 when no answer came. */
export class CallFailure extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'CallFailure';
    this.status = status;
  }
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** @param server as in sentences: `the API server`. @throws CallFailure */
export function parseJson(server: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallFailure(0, `${server} sent something other than JSON`);
  }
}

/**
 * Reads a document on each line until the server ends the answer.
 * @throws CallFailure for a line that is longer than this or is no JSON
 */
export async function readJsonLines(
  server: string,
  answer: IncomingMessage,
  maxLineLength: number,
  onDocument: (document: unknown) => void,
): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of answer) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop()!;
    if (rest.length > maxLineLength) throw new CallFailure(0, `${server} sent an endless line`);
    for (const line of lines) if (line.trim() !== '') onDocument(parseJson(server, line));
  }
}

/** @param text the body, with a `message` in it where the server itself has refused, and not what stands before it */
export function refusalOf(server: string, status: number, text: string): CallFailure {
  let message = `${server} answered ${status}`;
  try {
    const { message: own } = JSON.parse(text) as { message?: string };
    if (own) message += `: ${own.slice(0, 300)}`;
  } catch {
    // A proxy's own page says nothing worth keeping.
  }
  return new CallFailure(status, message);
}

/** @param error of the connection; a CallFailure passes */
export function unreachable(server: string, error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return new CallFailure(0, `${server} cannot be reached: ${code ?? messageOf(error)}`);
}
