// A strict JSON reader (RFC 8259) that keeps where each value stands, so that a finding can point at
// a line, and that notices what JSON.parse hides: duplicate keys, and where exactly the text breaks.

/** Both 1-based; columns count UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

export interface JsonEntry {
  key: string;
  keyAt: Position;
  value: JsonNode;
}

export type JsonNode = Position & { /** RFC 6901. */ pointer: string } & (
    | { type: 'object'; entries: JsonEntry[] }
    | { type: 'array'; items: JsonNode[] }
    | { type: 'string'; value: string }
    | { type: 'number'; value: number; text: string }
    | { type: 'boolean'; value: boolean }
    | { type: 'null' }
  );

export type JsonFault = Position & { message: string };

export type JsonResult =
  | { ok: true; root: JsonNode; duplicates: (JsonFault & { pointer: string })[] }
  | { ok: false; fault: JsonFault };

// Policies nest about eight deep; the limit keeps a hostile file from exhausting the stack.
const MAX_DEPTH = 64;

/** Reads one JSON text; never throws. */
export function parseJson(text: string): JsonResult {
  const reader = new Reader(text);
  try {
    const root = reader.readDocument();
    return { ok: true, root, duplicates: reader.duplicates };
  } catch (error) {
    if (error instanceof Stop) return { ok: false, fault: { message: error.message, ...error.at } };
    throw error;
  }
}

class Stop extends Error {
  readonly at: Position;
  constructor(message: string, at: Position) {
    super(message);
    this.at = at;
  }
}

class Reader {
  readonly duplicates: (JsonFault & { pointer: string })[] = [];
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonNode {
    if (this.#text.startsWith('\ufeff')) this.#stop('it starts with a byte order mark');
    this.#skipSpace();
    if (this.#at === this.#text.length) this.#stop('it is empty');
    const root = this.#readValue('', 0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#stop('more follows after the end of the document');
    return root;
  }

  #readValue(pointer: string, depth: number): JsonNode {
    if (depth > MAX_DEPTH) this.#stop(`it is nested more than ${MAX_DEPTH} deep`);
    const at = this.#position();
    switch (this.#text[this.#at]) {
      case '{':
        return { type: 'object', entries: this.#readEntries(pointer, depth), pointer, ...at };
      case '[':
        return { type: 'array', items: this.#readItems(pointer, depth), pointer, ...at };
      case '"':
        return { type: 'string', value: this.#readString(), pointer, ...at };
      default:
        return { ...this.#readPlain(), pointer, ...at };
    }
  }

  #readEntries(pointer: string, depth: number): JsonEntry[] {
    const entries: JsonEntry[] = [];
    const seen = new Set<string>();
    this.#at++;
    this.#skipSpace();
    if (this.#take('}')) return entries;
    for (;;) {
      if (this.#text[this.#at] !== '"')
        this.#stop(`${this.#shown()} where a key in double quotes must stand`);
      const keyAt = this.#position();
      const key = this.#readString();
      const inner = `${pointer}/${escapePointer(key)}`;
      if (seen.has(key))
        this.duplicates.push({ message: `the key "${key}" stands twice`, pointer: inner, ...keyAt });
      seen.add(key);
      this.#skipSpace();
      if (!this.#take(':')) this.#stop(`${this.#shown()} where ":" must follow the key "${key}"`);
      this.#skipSpace();
      entries.push({ key, keyAt, value: this.#readValue(inner, depth + 1) });
      this.#skipSpace();
      if (this.#take('}')) return entries;
      const commaAt = this.#position();
      if (!this.#take(',')) this.#stop(`${this.#shown()} where "," or "}" must stand`);
      this.#skipSpace();
      if (this.#text[this.#at] === '}') this.#stop('a comma stands before "}"', commaAt);
    }
  }

  #readItems(pointer: string, depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take(']')) return items;
    for (;;) {
      items.push(this.#readValue(`${pointer}/${items.length}`, depth + 1));
      this.#skipSpace();
      if (this.#take(']')) return items;
      const commaAt = this.#position();
      if (!this.#take(',')) this.#stop(`${this.#shown()} where "," or "]" must stand`);
      this.#skipSpace();
      if (this.#text[this.#at] === ']') this.#stop('a comma stands before "]"', commaAt);
    }
  }

  #readString(): string {
    const start = this.#position();
    const text = this.#text;
    let value = '';
    let from = ++this.#at;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === 0x22) {
        value += text.slice(from, this.#at++);
        return value;
      }
      if (Number.isNaN(code)) this.#stop('the string that begins here does not end', start);
      if (code < 0x20)
        this.#stop(
          code === 0x0a ? 'a string runs over the end of its line' : 'a control character stands in a string',
        );
      if (code === 0x5c) {
        value += text.slice(from, this.#at) + this.#readEscape();
        from = this.#at;
      } else this.#at++;
    }
  }

  #readEscape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    const simple = ESCAPES[letter];
    if (simple !== undefined) {
      this.#at += 2;
      return simple;
    }
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) this.#stop(`"\\${letter}" is no escape of JSON`);
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #readPlain():
    | { type: 'number'; value: number; text: string }
    | { type: 'boolean'; value: boolean }
    | { type: 'null' } {
    PLAIN.lastIndex = this.#at;
    const word = PLAIN.exec(this.#text)?.[0] ?? '';
    if (word !== '' && !/[\w.+-]/.test(this.#text[this.#at + word.length] ?? ' ')) {
      this.#at += word.length;
      if (word === 'true' || word === 'false') return { type: 'boolean', value: word === 'true' };
      if (word === 'null') return { type: 'null' };
      return { type: 'number', value: Number(word), text: word };
    }
    return this.#stop(`${this.#shown()} where a value must stand`);
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x0a) {
        this.#line++;
        this.#lineStart = this.#at + 1;
      } else if (code !== 0x20 && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #shown(): string {
    if (this.#at >= this.#text.length) return 'the text ends';
    if (this.#text[this.#at] === "'") return 'a single quote stands';
    if (/^(\/\/|\/\*|#)/.test(this.#text.slice(this.#at, this.#at + 2))) return 'a comment stands';
    if (this.#text[this.#at] === '\u00a0') return 'a no-break space stands';
    return `"${String.fromCodePoint(this.#text.codePointAt(this.#at)!)}" stands`;
  }

  #stop(message: string, at: Position = this.#position()): never {
    throw new Stop(message, at);
  }
}

const PLAIN = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
