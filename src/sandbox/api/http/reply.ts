// Answers on the wire: JSON objects, Status refusals, plain text.
import type { ServerResponse } from 'node:http';
import { ApiError, type Status } from '../status.ts';

export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  send(response, code, 'application/json', `${JSON.stringify(body)}\n`);
}

export const sendText = (response: ServerResponse, code: number, text: string): void =>
  send(response, code, 'text/plain; charset=utf-8', text);

/** Whatever was thrown, as a Status; an unexpected error is the server's own (500). */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refused = error instanceof ApiError ? error : internalError(error);
  sendJson(response, refused.code, refused.status satisfies Status);
}

const internalError = (error: unknown): ApiError =>
  new ApiError(
    500,
    'InternalError',
    `Internal error occurred: ${error instanceof Error ? error.message : error}`,
    {
      causes: [{ reason: 'UnexpectedServerResponse', message: String(error), field: '' }],
    },
  );

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache, private',
  });
  response.end(body);
}
