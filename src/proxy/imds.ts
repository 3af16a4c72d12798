// A client of the real instance metadata service with a session token of its own (IMDSv2), for the
// paths that are passed through and for the daemon's own credentials.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
import http from 'node:http';
import { steadyMs } from './clock.ts';
import { messageOf } from './log.ts';

export interface ImdsAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

export interface Imds {
  /**
   * @param path with its leading slash and version, such as `/latest/meta-data/instance-id`
   * @throws Error when no answer comes
   */
  get(path: string): Promise<ImdsAnswer>;
  close(): void;
}

const ANSWER_MS = 1_000;
const TOKEN_SECONDS = 21_600;
const MAX_BODY_BYTES = 1024 * 1024;

/** @param host without brackets, also of IPv6 */
export function imdsClient(host: string, port: number): Imds {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  let token: { text: string; renewAtMs: number } | null = null;
  let asking: Promise<string> | null = null;

  function send(method: string, path: string, headers: Record<string, string>): Promise<ImdsAnswer> {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host, port, method, path, agent, headers, signal: AbortSignal.timeout(ANSWER_MS) },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > MAX_BODY_BYTES) answer.destroy(new Error('the answer is too long'));
            else chunks.push(chunk);
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
          );
          answer.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end();
    });
  }

  async function newToken(): Promise<string> {
    const answer = await send('PUT', '/latest/api/token', {
      'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS),
      'content-length': '0',
    });
    if (answer.status !== 200) throw new Error(`it answered ${answer.status} to the token request`);
    token = { text: answer.body.toString().trim(), renewAtMs: steadyMs() + (TOKEN_SECONDS - 600) * 1000 };
    return token.text;
  }

  function currentToken(): Promise<string> {
    if (token && token.renewAtMs > steadyMs()) return Promise.resolve(token.text);
    asking ??= newToken().finally(() => {
      asking = null;
    });
    return asking;
  }

  return {
    async get(path) {
      try {
        const used = await currentToken();
        const answer = await send('GET', path, { 'x-aws-ec2-metadata-token': used });
        if (answer.status !== 401) return answer;
        // The instance may have been stopped and started: its tokens are then void.
        if (token?.text === used) token = null;
        return await send('GET', path, { 'x-aws-ec2-metadata-token': await currentToken() });
      } catch (error) {
        throw new Error(
          `the instance metadata service at ${host}:${port} gave no answer: ${messageOf(error)}`,
        );
      }
    },
    close: () => agent.destroy(),
  };
}
