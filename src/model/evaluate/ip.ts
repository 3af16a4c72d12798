// IP addresses and CIDR ranges, both families, as aws:SourceIp conditions use them (RFC 4632, 4291).

interface Range {
  bits: 32 | 128;
  value: bigint;
  prefix: number;
}

/** Whether an address lies in a range such as `10.0.0.0/8`; null when either text is malformed. */
export function isInRange(address: string, range: string): boolean | null {
  const whole = parseRange(range);
  const one = parseRange(address);
  if (!whole || !one) return null;
  if (one.bits !== whole.bits || one.prefix < whole.prefix) return false;
  const shift = BigInt(whole.bits - whole.prefix);
  return one.value >> shift === whole.value >> shift;
}

/** Reads an address or a range; null when malformed. */
export function parseRange(text: string): Range | null {
  const [address = '', prefixText, ...more] = text.split('/');
  const parsed = address.includes(':') ? parseV6(address) : parseV4(address);
  if (!parsed || more.length > 0) return null;
  const bits = address.includes(':') ? 128 : 32;
  if (prefixText === undefined) return { bits, value: parsed.value, prefix: bits };
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > bits) return null;
  return { bits, value: parsed.value, prefix: Number(prefixText) };
}

function parseV4(text: string): { value: bigint } | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return null;
  return { value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
}

function parseV6(text: string): { value: bigint } | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const tail = groups.at(-1)!;
  if (tail.at(-1)?.includes('.')) {
    const v4 = parseV4(tail.pop()!);
    if (!v4) return null;
    tail.push((v4.value >> 16n).toString(16), (v4.value & 0xffffn).toString(16));
  }
  const [head = [], rest] = groups;
  const missing = 8 - head.length - (rest?.length ?? 0);
  if (rest === undefined ? missing !== 0 : missing < 1) return null;
  const all = rest === undefined ? head : [...head, ...Array<string>(missing).fill('0'), ...rest];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return { value: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}
