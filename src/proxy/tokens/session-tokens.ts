// Session tokens (IMDSv2) that need no memory: an end and a signature over it and the address they
// were given to. A restarted daemon with the same key accepts them for the rest of their life.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const MAX_TTL_SECONDS = 21_600;
const FORM = /^([0-9a-z]{6,11})\.([\w-]{43})$/;

export class SessionTokens {
  /** The first signs; all are accepted. */
  #keys: readonly Buffer[] = [randomBytes(32)];

  /** Signs with this key from now on; tokens made before stay good while this process runs. */
  useKey(key: Buffer): void {
    this.#keys = [key, ...this.#keys];
  }

  issue(address: string, ttlSeconds: number): string {
    const end = (Date.now() + ttlSeconds * 1000).toString(36);
    return `${end}.${sign(this.#keys[0]!, end, address).toString('base64url')}`;
  }

  /** Whether a token was made here for this address and has not ended. */
  accepts(token: string, address: string): boolean {
    const [, end, signature] = FORM.exec(token) ?? [];
    if (end === undefined || signature === undefined) return false;
    if (Number.parseInt(end, 36) <= Date.now()) return false;
    const given = Buffer.from(signature, 'base64url');
    return this.#keys.some((key) => timingSafeEqual(given, sign(key, end, address)));
  }
}

const sign = (key: Buffer, end: string, address: string): Buffer =>
  createHmac('sha256', key).update(`${end} ${address}`).digest();

/** Seconds asked for in a token request; null for what EC2 answers with 400. */
export function readTtl(header: string | undefined): number | null {
  if (header === undefined || !/^\d{1,5}$/.test(header.trim())) return null;
  const seconds = Number(header);
  return seconds >= 1 && seconds <= MAX_TTL_SECONDS ? seconds : null;
}
