import type { Formula } from './formula.js';
import { nodesOf } from './formula.js';
import { primitives } from './primitives.js';
import { get, hostFunctions, set, SimdCode, small, unsigned } from './simd-code.js';

/** A formula as WebAssembly needs it: its results, its inputs, and which of these are the same along a row. */
export interface Assembly {
  results: readonly Formula[];
  inputs: readonly string[];
  params: readonly string[];
  /** For each input, whether it has one value for each row. */
  single: readonly boolean[];
}

/**
 * Computes rows of `count` elements. Then, for each input, where it begins and how many bytes on the next row begins;
 * where each result begins; the params.
 */
export type Assembled = (count: number, rows: number, ...addressesStepsAndParams: number[]) => void;

const [I32, F64, F32, V128] = [0x7f, 0x7c, 0x7d, 0x7b];
const [COUNT, ROWS] = [0, 1];
const SHARED_WITH_MAXIMUM = 3;
const text = (name: string): number[] => [...unsigned(name.length), ...new TextEncoder().encode(name)];
const section = (id: number, body: number[]): number[] => [id, ...unsigned(body.length), ...body];
const repeated = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);

/** What such a module imports. */
export const imports = (memory: WebAssembly.Memory): WebAssembly.Imports => ({ env: { memory, ...hostFunctions } });

/** A formula as a WebAssembly module of one function, which works on memory of ours, four elements at a time. */
export function assemble(assembly: Assembly, shared: boolean): Uint8Array<ArrayBuffer> {
  const { results, inputs, params } = assembly;
  const numbers = 2 + 2 * inputs.length + results.length;
  const types = [...repeated(numbers, I32), ...repeated(params.length, F32)];
  const limits = shared ? [SHARED_WITH_MAXIMUM, 0, ...unsigned(1 << 16)] : [0, 0];
  const { locals, code, calls } = functionOf(assembly, numbers);
  const body = [...locals, ...code, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, ...unsigned(types.length), ...types, 0, 0x60, 1, F64, 1, F64]),
    ...section(2, [
      ...[1 + calls.length, ...text('env'), ...text('memory'), 2, ...limits],
      ...calls.flatMap((name) => [...text('env'), ...text(name), 0, 1]),
    ]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0, calls.length]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/**
 * rows: for each row, fours while there are four, then one at a time. The addresses that move are kept beside those where
 * the row began.
 */
function functionOf({ results, inputs, params, single }: Assembly, numbers: number) {
  const begin = (i: number) => 2 + 2 * i;
  const step = (i: number) => 3 + 2 * i;
  const out = (i: number) => 2 + 2 * inputs.length + i;
  const left = numbers + params.length;
  const at = (i: number) => left + 1 + i;
  const code = new SimdCode(left + 1 + inputs.length);
  const known = new Map(params.map((name, i) => [`parameter ${name}`, code.splat(numbers + i)]));
  const advance = (address: number, bytes: number) => [...get(address), ...small(bytes), 0x6a, ...set(address)];

  code.body = [];
  inputs.forEach((name, i) => {
    if (single[i]) known.set(`input ${name}`, code.load(begin(i), true));
  });
  const rowStart = code.body;

  const elements = (one: boolean): number[] => {
    code.body = [];
    const moving = inputs.flatMap((name, i) => (single[i] ? [] : [[name, at(i)] as const]));
    const loaded = new Map(known);
    for (const [name, address] of moving) loaded.set(`input ${name}`, code.load(address, one));
    const values = write(code, results, loaded);
    values.forEach((value, i) => code.store(out(i), value, one));
    const bytes = one ? 4 : 16;
    return [
      ...code.body,
      ...moving.flatMap(([, address]) => advance(address, bytes)),
      ...results.flatMap((_, i) => advance(out(i), bytes)),
      ...[...get(left), ...small(bytes / 4), 0x6b, ...set(left)],
    ];
  };
  const whileLeft = (count: number, body: number[]) => [
    ...[0x02, 0x40, 0x03, 0x40, ...get(left), ...small(count), 0x48, 0x0d, 1],
    ...[...body, 0x0c, 0, 0x0b, 0x0b],
  ];
  const fours = elements(false);
  const ones = elements(true);
  const row = [
    ...rowStart,
    ...inputs.flatMap((_, i) => [...get(begin(i)), ...set(at(i))]),
    ...[...get(COUNT), ...set(left)],
    ...whileLeft(4, fours),
    ...whileLeft(1, ones),
    ...inputs.flatMap((_, i) => [...get(begin(i)), ...get(step(i)), 0x6a, ...set(begin(i))]),
    ...[...get(ROWS), ...small(1), 0x6b, 0x22, ROWS, 0x0d, 0],
  ];
  const wide = code.locals - at(inputs.length);
  return {
    locals: [2, ...unsigned(1 + inputs.length), I32, ...unsigned(wide), V128],
    code: [...code.start, 0x03, 0x40, ...row, 0x0b],
    calls: code.calls,
  };
}

/** Writes what the formulas compute; inputs and parameters are known. */
function write(code: SimdCode, formulas: readonly Formula[], leaves: ReadonlyMap<string, number>): number[] {
  const values = new Map<object, number>();
  const valueOf = (root: Formula): number => {
    for (const node of nodesOf(root)) {
      if (values.has(node)) continue;
      const { op, args, name, value } = node;
      if (op === 'constant') values.set(node, code.constant(value));
      else if (op === 'input' || op === 'parameter') values.set(node, leaves.get(`${op} ${name}`)!);
      else {
        const { rewrite, simd, as } = primitives[op];
        const given = args.map((arg) => values.get(arg)!);
        const better = rewrite?.(...(args as Formula[]));
        if (better) values.set(node, valueOf(better));
        else if (typeof simd === 'string') values.set(node, code.run(simd, ...given));
        else values.set(node, simd ? simd(code, ...given) : valueOf(as!(...(args as Formula[]))));
      }
    }
    return values.get(root)!;
  };
  return formulas.map(valueOf);
}
