// Reads pickles and runs nothing: a pickle is a program that builds values, and may call whatever it names. Here names stand
// for what the caller allows, and for nothing else. Protocols 2 to 5, without sets, bytearrays and objects of classes.
import { Cursor } from '../files/cursor.js';

/** What a pickle may call: it is given the arguments, and returns a value. */
export class Callable {
  constructor(readonly call: (args: readonly unknown[]) => unknown) {}
}

/** What the names in a pickle stand for. */
export interface PickleNames {
  /** A function or a value. Throws for a name that is not allowed. */
  global(name: string): unknown;
  /** What lies outside the pickle, by the id that it has there. */
  persistent(id: unknown): unknown;
}

/** More bytes than this in one number are not read. */
const MAX_LONG = 64;

/**
 * Reads one pickle, and leaves the cursor behind it: None as null, numbers, texts, bytes, lists and tuples as arrays, and dicts
 * as Maps. It holds no more values than the pickle has bytes.
 *
 * Source: CPython's Lib/pickletools.py.
 */
export function readPickle(cursor: Cursor, names: PickleNames): unknown {
  const machine = new Machine(cursor, names);
  for (;;) {
    const opcode = cursor.u8();
    if (opcode === STOP) return machine.pop();
    const run = instructions.get(opcode);
    if (!run) return cursor.refuse(`its pickle has the instruction ${opcode}, which is not read`);
    run(machine, cursor);
  }
}

class Machine {
  readonly #stack: unknown[] = [];
  /** How high the stack was at each mark. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(
    readonly cursor: Cursor,
    readonly names: PickleNames,
  ) {}

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      this.cursor.refuse('its pickle takes a value that is not there');
    return this.#stack.pop();
  }

  /** The value on top, which stays there. */
  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** All values since the last mark. */
  popMark(): unknown[] {
    const start = this.#marks.pop();
    return start === undefined ? this.cursor.refuse('its pickle lacks a mark') : this.#stack.splice(start);
  }

  /** The last values, first of them first. */
  popTuple(count: number): void {
    const values = Array.from({ length: count }, () => this.pop());
    this.push(values.reverse());
  }

  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) this.cursor.refuse('its pickle recalls what it never kept');
    this.push(this.#memo.get(index));
  }

  append(values: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return this.cursor.refuse('its pickle appends to what is not a list');
    for (const value of values) list.push(value);
  }

  setItems(pairs: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || pairs.length % 2 !== 0) {
      return this.cursor.refuse('its pickle puts pairs into what is not a dict');
    }
    for (let i = 0; i < pairs.length; i += 2) dict.set(pairs[i], pairs[i + 1]);
  }

  call(): void {
    const [args, callable] = [this.pop(), this.pop()];
    if (!(callable instanceof Callable) || !Array.isArray(args)) {
      return this.cursor.refuse('its pickle calls what is not a function');
    }
    this.push(callable.call(args));
  }

  text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.cursor.take(length));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return this.cursor.refuse('a text in its pickle is not UTF-8');
    }
  }

  line(): string {
    const bytes: number[] = [];
    for (let byte = this.cursor.u8(); byte !== NEWLINE; byte = this.cursor.u8()) bytes.push(byte);
    return String.fromCharCode(...bytes.slice(0, MAX_LINE));
  }

  /** A whole number in two's complement, of any length. */
  long(length: number): number | bigint {
    if (length > MAX_LONG) return this.cursor.refuse(`its pickle has a number of ${length} bytes`);
    const value = this.cursor.take(length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }
}

const STOP = 0x2e;
const NEWLINE = 0x0a;
/** Names that are longer are cut: none of them is known. */
const MAX_LINE = 200;

type Instruction = (machine: Machine, cursor: Cursor) => void;

/** What a value of some bytes is read as, and put on the stack. */
const pushes =
  (read: (machine: Machine, cursor: Cursor) => unknown): Instruction =>
  (machine, cursor) =>
    machine.push(read(machine, cursor));

const text = (length: (cursor: Cursor) => number) => pushes((machine, cursor) => machine.text(length(cursor)));
const bytes = (length: (cursor: Cursor) => number) => pushes((_, cursor) => cursor.take(length(cursor)).slice());
const u8 = (cursor: Cursor) => cursor.u8();
const u32 = (cursor: Cursor) => cursor.u32();
const u64 = (cursor: Cursor) => cursor.length();

const named: Readonly<Record<string, readonly [opcode: number, run: Instruction]>> = {
  PROTO: [0x80, (_, cursor) => void cursor.skip(1)],
  FRAME: [0x95, (_, cursor) => void cursor.skip(8)],

  NONE: [0x4e, pushes(() => null)],
  NEWTRUE: [0x88, pushes(() => true)],
  NEWFALSE: [0x89, pushes(() => false)],
  BININT: [0x4a, pushes((_, cursor) => cursor.u32() | 0)],
  BININT1: [0x4b, pushes((_, cursor) => cursor.u8())],
  BININT2: [0x4d, pushes((_, cursor) => cursor.u16())],
  LONG1: [0x8a, pushes((machine, cursor) => machine.long(cursor.u8()))],
  LONG4: [0x8b, pushes((machine, cursor) => machine.long(cursor.u32()))],
  BINFLOAT: [0x47, pushes((_, cursor) => new DataView(cursor.take(8).slice().buffer).getFloat64(0))],
  BINUNICODE: [0x58, text(u32)],
  SHORT_BINUNICODE: [0x8c, text(u8)],
  BINUNICODE8: [0x8d, text(u64)],
  BINSTRING: [0x54, text(u32)],
  SHORT_BINSTRING: [0x55, text(u8)],
  BINBYTES: [0x42, bytes(u32)],
  SHORT_BINBYTES: [0x43, bytes(u8)],
  BINBYTES8: [0x8e, bytes(u64)],

  MARK: [0x28, (machine) => machine.mark()],
  POP: [0x30, (machine) => void machine.pop()],
  POP_MARK: [0x31, (machine) => void machine.popMark()],
  DUP: [0x32, (machine) => machine.push(machine.top())],
  BINPUT: [0x71, (machine, cursor) => machine.remember(cursor.u8())],
  LONG_BINPUT: [0x72, (machine, cursor) => machine.remember(cursor.u32())],
  MEMOIZE: [0x94, (machine) => machine.remember()],
  BINGET: [0x68, (machine, cursor) => machine.recall(cursor.u8())],
  LONG_BINGET: [0x6a, (machine, cursor) => machine.recall(cursor.u32())],

  EMPTY_TUPLE: [0x29, pushes(() => [])],
  EMPTY_LIST: [0x5d, pushes(() => [])],
  TUPLE: [0x74, (machine) => machine.push(machine.popMark())],
  LIST: [0x6c, (machine) => machine.push(machine.popMark())],
  TUPLE1: [0x85, (machine) => machine.popTuple(1)],
  TUPLE2: [0x86, (machine) => machine.popTuple(2)],
  TUPLE3: [0x87, (machine) => machine.popTuple(3)],
  APPEND: [0x61, (machine) => machine.append([machine.pop()])],
  APPENDS: [0x65, (machine) => machine.append(machine.popMark())],
  EMPTY_DICT: [0x7d, pushes(() => new Map())],
  SETITEM: [
    0x73,
    (machine) => {
      const [value, key] = [machine.pop(), machine.pop()];
      machine.setItems([key, value]);
    },
  ],
  SETITEMS: [0x75, (machine) => machine.setItems(machine.popMark())],

  GLOBAL: [0x63, pushes((machine) => machine.names.global(`${machine.line()}.${machine.line()}`))],
  STACK_GLOBAL: [
    0x93,
    (machine, cursor) => {
      const [name, module] = [machine.pop(), machine.pop()];
      if (typeof name !== 'string' || typeof module !== 'string')
        return cursor.refuse('a name in its pickle is not a text');
      machine.push(machine.names.global(`${module}.${name}`));
    },
  ],
  REDUCE: [0x52, (machine) => machine.call()],
  // State of an object, such as the versions that a state dict of PyTorch carries: nothing here has any.
  BUILD: [0x62, (machine) => void machine.pop()],
  BINPERSID: [0x51, (machine) => machine.push(machine.names.persistent(machine.pop()))],
};

const instructions: ReadonlyMap<number, Instruction> = new Map(Object.values(named));
