// One signed request to an AWS service of which too little is asked to carry its SDK's client. The
// signature is the SDK's own.
import { SignatureV4 } from '@smithy/signature-v4';
import { configuredEndpoint, serviceEndpoint } from '../model/endpoint.ts';
import { Sha256 } from '../model/sha256.ts';

export interface SignedCall {
  /** As in the signature, such as `ec2`. */
  service: string;
  region: string;
  credentials: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
  env: Readonly<Record<string, string | undefined>>;
  method: 'GET' | 'POST';
  /** Such as `/`. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
}

export interface SignedAnswer {
  status: number;
  headers: Headers;
  text: string;
}

const ATTEMPTS = 3;
const ANSWER_MS = 10_000;

/** Tries again when the service is down or throttles; the answer may be any other refusal. Throws for none. */
export async function sendSigned(call: SignedCall): Promise<SignedAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await sendOnce(call);
    const isPassing = answer.status >= 500 || /Throttl|RequestLimitExceeded/.test(answer.text);
    if (!isPassing || attempt === ATTEMPTS) return answer;
    await new Promise((done) => setTimeout(done, 200 * 2 ** attempt));
  }
}

async function sendOnce(call: SignedCall): Promise<SignedAnswer> {
  const { service, region, credentials, method, path, query = {}, body = '' } = call;
  const url = new URL(configuredEndpoint(service, call.env)?.url ?? serviceEndpoint(service, region));
  const headers = {
    host: url.host,
    ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
    ...call.headers,
  };
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const request = { method, hostname: url.hostname, path, protocol: url.protocol, query, headers, body };
  const signed = await signer.sign(request);
  const search = String(new URLSearchParams(query));
  const response = await fetch(new URL(`${path}${search && `?${search}`}`, url), {
    method,
    // fetch writes the host itself.
    headers: Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host')),
    ...(method === 'POST' && { body }),
    signal: AbortSignal.timeout(ANSWER_MS),
    redirect: 'error',
  }).catch((error: Error) => {
    // fetch hides the reason beneath an error of its own.
    throw error.cause ?? error;
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** An error as the SDK's clients throw it. */
export function refusal(status: number, code: string, message: string, requestId: string | null): Error {
  return Object.assign(new Error(message), {
    name: code,
    $metadata: { httpStatusCode: status, requestId: requestId ?? undefined },
  });
}
