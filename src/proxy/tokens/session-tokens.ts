// Session tokens (IMDSv2) that need no memory: an end and a signature over it and the address they
// were given to. A restarted daemon with the same key accepts them for the rest of their life.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { steadyDateMs } from '../clock.ts';

const MAX_TTL_SECONDS = 21_600;
/** Tokens found good are remembered, for their signature costs more than all else in a cached answer. */
const MAX_REMEMBERED = 1_000;
const FORM = /^([0-9a-z]{6,11})\.([\w-]{43})$/;

export class SessionTokens {
  /** The first signs; all are accepted. */
  #keys: readonly Buffer[] = [randomBytes(32)];
  readonly #good = new Map<string, { address: string; endMs: number }>();

  /** Signs with this key from now on; tokens made before stay good while this process runs. */
  useKey(key: Buffer): void {
    this.#keys = [key, ...this.#keys];
  }

  issue(address: string, ttlSeconds: number): string {
    const end = Math.ceil(steadyDateMs() + ttlSeconds * 1000).toString(36);
    return `${end}.${sign(this.#keys[0]!, end, address)}`;
  }

  /** Whether a token was made here for this address and has not ended. */
  accepts(token: string, address: string): boolean {
    const good = this.#good.get(token);
    if (good?.address === address) return good.endMs > steadyDateMs();
    const endMs = this.#verifiedEnd(token, address);
    if (endMs === null || endMs <= steadyDateMs()) return false;
    if (this.#good.size >= MAX_REMEMBERED) this.#good.delete(this.#good.keys().next().value!);
    this.#good.set(token, { address, endMs });
    return true;
  }

  /** When a token ends that was made here for this address; null for any other. */
  #verifiedEnd(token: string, address: string): number | null {
    const [, end, signature] = FORM.exec(token) ?? [];
    if (end === undefined || signature === undefined) return null;
    // As text: the last character of base64 holds bits that decoding drops.
    const given = Buffer.from(signature);
    const isOurs = this.#keys.some((key) => timingSafeEqual(given, Buffer.from(sign(key, end, address))));
    return isOurs ? Number.parseInt(end, 36) : null;
  }
}

const sign = (key: Buffer, end: string, address: string): string =>
  createHmac('sha256', key).update(`${end} ${address}`).digest('base64url');

/** Seconds asked for in a token request; null for what EC2 answers with 400. */
export function readTtl(header: string | undefined): number | null {
  if (header === undefined || !/^0*\d{1,5}$/.test(header.trim())) return null;
  const seconds = Number(header);
  return seconds >= 1 && seconds <= MAX_TTL_SECONDS ? seconds : null;
}
