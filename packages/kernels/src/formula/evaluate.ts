import { nodesOf, type Formula } from './formula.js';
import { primitives } from './primitives.js';

/** So many elements that what lies between two operations stays in the cache, and the loops outweigh what is around them. */
const BLOCK = 1024;

/** Where the values of a formula come from, by name; inputs have as many as there are elements. */
export interface Values {
  inputs: Readonly<Record<string, ArrayLike<number>>>;
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
      steps.push((from, length) => {
        for (let i = 0; i < length; i++) block[i] = values[from + i]!;
      });
    } else {
      const { meaning } = primitives[op];
      const [a, b = a, c = a] = args.map((arg) => blocks.get(arg)!);
      steps.push((_, length) => {
        for (let i = 0; i < length; i++) block[i] = meaning(a![i]!, b![i]!, c![i]!);
      });
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

/** One formula over arrays in float64. */
export function evaluated(formula: Formula, values: Values, count: number): Float64Array {
  const result = new Float64Array(count);
  evaluate([formula], values, [result]);
  return result;
}
