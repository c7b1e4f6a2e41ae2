/** Stands for "nowhere" among addresses. */
const UNDEFINED = 0xffff_ffff_ffff_ffffn;

/** Reads little-endian numbers one behind the other, and never beyond its bytes. */
export class Cursor {
  readonly #view: DataView;
  #at = 0;

  /** @param refuse called with what is wrong; throws. */
  constructor(
    readonly bytes: Uint8Array,
    readonly refuse: (problem: string) => never,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#step(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4), true);
  }

  /** A number of so many bytes, up to 8. */
  uint(size: number): number {
    const value = this.take(size).reduceRight((sum, byte) => sum * 2 ** 8 + byte, 0);
    return Number.isSafeInteger(value) ? value : this.refuse(`a number of ${value} is too large`);
  }

  /** A length of 64 bits. */
  length(): number {
    const value = this.#view.getBigUint64(this.#step(8), true);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : this.refuse(`a length of ${value} is too large`);
  }

  /** A place in the file; undefined where there is none. */
  address(): number | undefined {
    const value = this.#view.getBigUint64(this.#step(8), true);
    if (value === UNDEFINED) return undefined;
    return value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : this.refuse(`an address of ${value} is too large`);
  }

  /** The next bytes, in the same memory. */
  take(count: number): Uint8Array {
    const start = this.#step(count);
    return this.bytes.subarray(start, start + count);
  }

  /** A cursor over the next bytes. */
  cursor(count: number): Cursor {
    return new Cursor(this.take(count), this.refuse);
  }

  skip(count: number): this {
    this.#step(count);
    return this;
  }

  /** The same bytes from their beginning. */
  restart(): Cursor {
    return new Cursor(this.bytes, this.refuse);
  }

  /** @throws when the next bytes are not this text. */
  expect(text: string): this {
    const found = String.fromCharCode(...this.take(text.length));
    return found === text ? this : this.refuse(`"${text}" is expected where something else lies`);
  }

  #step(count: number): number {
    if (count > this.left) return this.refuse('something in it lies beyond its end');
    const start = this.#at;
    this.#at += count;
    return start;
  }
}

/** A file, and how what is wrong with it is said. */
export class FileBytes {
  constructor(
    readonly bytes: Uint8Array,
    readonly refuse: (problem: string) => never,
  ) {}

  /** A cursor at an address, that ends after `length` bytes, or with the file. */
  at(address: number | undefined, length?: number): Cursor {
    if (address === undefined || address > this.bytes.length || address + (length ?? 0) > this.bytes.length) {
      return this.refuse('something in it lies beyond its end');
    }
    const end = length === undefined ? this.bytes.length : address + length;
    return new Cursor(this.bytes.subarray(address, end), this.refuse);
  }
}
