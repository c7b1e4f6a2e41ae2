/** The instructions on four floats or whole numbers at once that formulas need, by their codes behind the prefix 0xfd. */
const CODES = {
  eq: 0x41,
  lt: 0x43,
  gt: 0x44,
  ge: 0x46,
  and: 0x4e,
  /** What of the first is not in the second. */
  without: 0x4f,
  or: 0x50,
  xor: 0x51,
  bitselect: 0x52,
  ceil: 0x67,
  floor: 0x68,
  nearest: 0x6a,
  addWhole: 0xae,
  subWhole: 0xb1,
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
  /** The first where that is NaN; one instruction of a processor, where min and max are several. */
  lower: 0xea,
  upper: 0xeb,
  toWhole: 0xf8,
  toFloat: 0xfa,
} as const;
const SHIFTS = { left: 0xab, right: 0xac } as const;
const [LOAD, LOAD_SPLAT, STORE, CONSTANT, SPLAT, STORE_LANE] = [0x00, 0x09, 0x0b, 0x0c, 0x13, 0x5a];

const [EXTRACT, REPLACE, ANY] = [0x1f, 0x20, 0x53];

const ZERO = '0 0 0 0';

/** Functions of one float64 that code calls where it is not worth having its own. */
export const hostFunctions = { sin: Math.sin, cos: Math.cos } as const;
export type HostFunction = keyof typeof hostFunctions;

export type SimdInstruction = keyof typeof CODES;

/** LEB128, in which WebAssembly writes whole numbers. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** Pushes a small number; signed LEB128 of up to six bits is one byte. */
export const small = (value: number): number[] => [0x41, value & 127];
export const get = (local: number): number[] => [0x20, ...unsigned(local)];
export const set = (local: number): number[] => [0x21, ...unsigned(local)];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];

/**
 * WebAssembly that computes with values of four lanes. Each value has a local of its own, and is named by its number;
 * constants are made once, before all else.
 */
export class SimdCode {
  readonly start: number[] = [];
  body: number[] = [];
  /** What is called, in the order of the numbers by which it is. */
  readonly calls: HostFunction[] = [];
  readonly #constants = new Map<string, number>();

  /** @param next the number of the first local that is free. */
  constructor(private next: number) {}

  /** How many locals there are. */
  get locals(): number {
    return this.next;
  }

  run(instruction: SimdInstruction, ...args: number[]): number {
    return this.#keep([...args.flatMap(get), ...simd(CODES[instruction])]);
  }

  shift(to: keyof typeof SHIFTS, value: number, bits: number): number {
    return this.#keep([...get(value), ...small(bits), ...simd(SHIFTS[to])]);
  }

  /** `near`, and by the host's function of x where a mask says so; nothing is called where it does so nowhere. */
  orByHost(mask: number, near: number, name: HostFunction, x: number): number {
    if (!this.calls.includes(name)) this.calls.push(name);
    const result = this.#keep(get(near));
    const lanes = [0, 1, 2, 3].flatMap((lane) => [
      ...[...get(result), ...get(x), ...simd(EXTRACT), lane, 0xbb],
      ...[0x10, this.calls.indexOf(name), 0xb6, ...simd(REPLACE), lane, ...set(result)],
    ]);
    this.body.push(...get(mask), ...simd(ANY), 0x04, 0x40, ...lanes, 0x0b);
    return this.run('bitselect', result, near, mask);
  }

  /** The same float in all lanes. */
  constant(value: number): number {
    return this.#constantOf(Float32Array.of(value));
  }

  /** Whether a value is 0 in all lanes, with the sign of 0. */
  isZero(value: number): boolean {
    return this.#constants.get(ZERO) === value;
  }

  /** The same whole number in all lanes. */
  whole(value: number): number {
    return this.#constantOf(Int32Array.of(value));
  }

  /** A float of the caller, in all lanes. */
  splat(local: number): number {
    const value = this.next++;
    this.start.push(...get(local), ...simd(SPLAT), ...set(value));
    return value;
  }

  /** Four values from an address on, or one in all lanes. */
  load(address: number, one: boolean): number {
    return this.#keep([...get(address), ...simd(one ? LOAD_SPLAT : LOAD), 2, 0]);
  }

  /** Writes four values from an address on, or the first alone. */
  store(address: number, value: number, one: boolean): void {
    this.body.push(...get(address), ...get(value), ...simd(one ? STORE_LANE : STORE), 2, 0, ...(one ? [0] : []));
  }

  #keep(bytes: number[]): number {
    const value = this.next++;
    this.body.push(...bytes, ...set(value));
    return value;
  }

  #constantOf(lane: Float32Array | Int32Array): number {
    const bytes = [...new Uint8Array(lane.buffer)];
    const key = bytes.join(' ');
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.next++;
    this.start.push(...simd(CONSTANT), ...bytes, ...bytes, ...bytes, ...bytes, ...set(value));
    this.#constants.set(key, value);
    return value;
  }
}
