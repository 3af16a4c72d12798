// Reads the XML of STS: a handful of fields, each of which occurs once in an answer.
import type { RawAnswer } from './sts-call.ts';

export interface StsAnswer {
  /** The clock of STS; null when it did not tell. */
  dateMs: number | null;
  /** @throws StsRefusal when the answer holds no such field, and nothing stands in for it */
  field(name: string, standIn?: string): string;
  /** @throws StsRefusal when the answer holds no such field, or no instant in it */
  date(name: string): Date;
}

/** STS has said no, or something that is no answer. Named by its code, with the status where the SDK has it. */
export class StsRefusal extends Error {
  readonly $metadata: { httpStatusCode: number };

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

/** @throws StsRefusal */
export function readStsAnswer({ status, dateMs, text }: RawAnswer): StsAnswer {
  if (status !== 200)
    throw new StsRefusal(status, read(text, 'Code') ?? 'UnknownError', read(text, 'Message') ?? '');
  // As from a gateway: asking again may help.
  const malformed = (name: string) => new StsRefusal(502, 'MalformedAnswer', `the answer has no ${name}`);
  const field = (name: string, standIn?: string): string => {
    const value = read(text, name) ?? standIn;
    // An empty key is none: it would be served as credentials that no request can be signed with.
    if (value === undefined || (value === '' && standIn === undefined)) throw malformed(name);
    return value;
  };
  return {
    dateMs,
    field,
    date(name) {
      const date = new Date(field(name));
      if (Number.isNaN(date.getTime())) throw malformed(name);
      return date;
    },
  };
}

const read = (text: string, name: string): string | null => {
  const raw = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  if (raw === undefined) return null;
  // A copy: as a slice it would hold the whole answer for as long as the credentials are held.
  const copy = Buffer.from(raw).toString();
  return copy.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([\da-f]+));/gi, decoded);
};

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decoded = (_whole: string, name?: string, decimal?: string, hex?: string): string =>
  name
    ? named[name.toLowerCase()]!
    : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex!, 16));
