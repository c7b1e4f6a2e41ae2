// The JSON of a safetensors header. Not JSON.parse: that keeps the last of two equal names, takes any depth, and builds
// objects many times the size of a hostile text; the grammar here is what the format allows and nothing else.

/** What the header says about one tensor; names, types and ranges are not checked yet. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: HeaderEntry[];
  readonly metadata: Map<string, string>;
}

/** More axes than any tensor has; a longer list is an attack on memory. */
const MAX_AXES = 64;
const METADATA = '__metadata__';
/** What JSON writes in another way, or forbids. */
const ESCAPED = /[\\\u0000-\u001f]/;
const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Reads the text of a header. @throws what `refuse` throws, called with what is wrong and where. */
export function parseHeader(text: string, refuse: (problem: string) => never): Header {
  return new HeaderParser(text, refuse).parse();
}

class HeaderParser {
  #at = 0;

  constructor(
    readonly text: string,
    readonly refuse: (problem: string) => never,
  ) {}

  parse(): Header {
    const entries: HeaderEntry[] = [];
    const metadata = new Map<string, string>();
    this.#members('the header', (name) => {
      if (name === METADATA) this.#members(METADATA, (key) => void metadata.set(key, this.#string()));
      else entries.push(this.#entry(name));
    });
    this.#space();
    if (this.#at < this.text.length) this.#fail('something follows the header');
    return { entries, metadata };
  }

  #entry(name: string): HeaderEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.#members(`"${name}"`, (key) => {
      if (key === 'dtype') dtype = this.#string();
      else if (key === 'shape') shape = this.#integers(MAX_AXES);
      else if (key === 'data_offsets') offsets = this.#integers(2);
      else this.#fail(`"${name}" has the unknown field "${key}"`);
    });
    if (dtype === undefined || !shape || offsets?.length !== 2) {
      return this.#fail(`"${name}" needs dtype, shape and two data_offsets`);
    }
    return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
  }

  /** An object: calls `value` with each name, standing at its value. No name may come twice. */
  #members(where: string, value: (name: string) => void): void {
    const seen = new Set<string>();
    this.#expect('{');
    if (this.#take('}')) return;
    do {
      const name = this.#string();
      if (seen.has(name)) this.#fail(`${where} has "${name}" twice`);
      seen.add(name);
      this.#expect(':');
      value(name);
    } while (this.#take(','));
    this.#expect('}');
  }

  #integers(most: number): number[] {
    const list: number[] = [];
    this.#expect('[');
    if (this.#take(']')) return list;
    do {
      list.push(this.#integer());
      if (list.length > most) this.#fail(`a list has more than ${most} entries`);
    } while (this.#take(','));
    this.#expect(']');
    return list;
  }

  #integer(): number {
    this.#space();
    const start = this.#at;
    while (isDigit(this.text.charCodeAt(this.#at))) this.#at++;
    const digits = this.text.slice(start, this.#at);
    if (!/^(0|[1-9]\d{0,15})$/.test(digits) || !Number.isSafeInteger(Number(digits))) {
      return this.#fail('a whole number from 0 to 2^53 - 1 is expected');
    }
    return Number(digits);
  }

  #string(): string {
    this.#expect('"');
    const start = this.#at - 1;
    for (; this.text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= this.text.length) this.#fail('a string does not end');
      if (this.text[this.#at] === '\\') this.#at++;
    }
    this.#at++;
    const plain = this.text.slice(start + 1, this.#at - 1);
    // Without escapes it is what it says, and was decoded from whole characters.
    if (!ESCAPED.test(plain)) return plain;
    let value: unknown;
    try {
      value = JSON.parse(this.text.slice(start, this.#at)) as unknown;
    } catch {
      this.#fail('a string is not written as JSON writes strings');
    }
    // It could not be written back as UTF-8.
    if (LONE_SURROGATE.test(value as string)) this.#fail('a string holds half of a character');
    return value as string;
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`"${character}" is expected`);
  }

  #take(character: string): boolean {
    this.#space();
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (' \n\r\t'.includes(this.text[this.#at] ?? '.')) this.#at++;
  }

  #fail(problem: string): never {
    return this.refuse(`${problem} (at character ${this.#at} of the header)`);
  }
}
