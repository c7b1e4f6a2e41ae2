import { nodesOf, type Formula, type Operation } from './formula.js';
import { primitives } from './primitives.js';

/** So many elements that what lies between two operations stays in the cache, and the loops outweigh what is around them. */
const BLOCK = 1024;

type Loop = (y: Float64Array, length: number, a: Float64Array, b: Float64Array, c: Float64Array) => void;

/** Meanings written out over blocks: for such short ones a call for each element takes many times as long as what it does. */
const loops: Readonly<Partial<Record<Operation, Loop>>> = {
  add: (y, length, a, b) => {
    for (let i = 0; i < length; i++) y[i] = a[i]! + b[i]!;
  },
  sub: (y, length, a, b) => {
    for (let i = 0; i < length; i++) y[i] = a[i]! - b[i]!;
  },
  mul: (y, length, a, b) => {
    for (let i = 0; i < length; i++) y[i] = a[i]! * b[i]!;
  },
  div: (y, length, a, b) => {
    for (let i = 0; i < length; i++) y[i] = a[i]! / b[i]!;
  },
  sqrt: (y, length, a) => {
    for (let i = 0; i < length; i++) y[i] = Math.sqrt(a[i]!);
  },
};

/** Where the values of a formula come from, by name; inputs have as many as there are elements. */
export interface Values {
  inputs: Readonly<Record<string, Float32Array | Float64Array>>;
  /** Compared and computed with as float32, as on every backend. */
  params: Readonly<Record<string, number>>;
}

/**
 * Computes formulas over arrays in float64, block by block. It is what runs where nothing is faster, and, into a
 * `Float64Array`, the oracle of what is.
 */
export function evaluate(
  formulas: readonly Formula[],
  { inputs, params }: Values,
  results: readonly (Float32Array | Float64Array)[],
): void {
  const count = results[0]!.length;
  const nodes = nodesOf(...formulas);
  const blocks = new Map(nodes.map((node) => [node, new Float64Array(Math.min(BLOCK, count))]));
  const steps: ((from: number, length: number) => void)[] = [];
  for (const node of nodes) {
    const block = blocks.get(node)!;
    const { op, args, name, value } = node;
    if (op === 'constant') block.fill(value);
    else if (op === 'parameter') block.fill(Math.fround(params[name]!));
    else if (op === 'input') {
      const values = inputs[name]!;
      steps.push((from, length) => block.set(values.subarray(from, from + length)));
    } else {
      const [a, b = a, c = a] = args.map((arg) => blocks.get(arg)!);
      const loop = loops[op] ?? loopOf(primitives[op].meaning);
      steps.push((_, length) => loop(block, length, a!, b!, c!));
    }
  }
  for (let from = 0; from < count; from += BLOCK) {
    const length = Math.min(BLOCK, count - from);
    for (const step of steps) step(from, length);
    formulas.forEach((formula, i) => {
      const block = blocks.get(formula)!;
      results[i]!.set(length === block.length ? block : block.subarray(0, length), from);
    });
  }
}

const loopOf =
  (meaning: (a: number, b: number, c: number) => number): Loop =>
  (y, length, a, b, c) => {
    for (let i = 0; i < length; i++) y[i] = meaning(a[i]!, b[i]!, c[i]!);
  };

/** One formula over arrays in float64. */
export function evaluated(
  formula: Formula,
  { inputs, params }: { inputs: Readonly<Record<string, ArrayLike<number>>>; params: Values['params'] },
  count: number,
): Float64Array {
  const result = new Float64Array(count);
  const wide = Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)]);
  evaluate([formula], { inputs: Object.fromEntries(wide) as Record<string, Float64Array>, params }, [result]);
  return result;
}
