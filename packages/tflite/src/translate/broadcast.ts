import type { Value } from '@tessera-nn/core/internal';
import { inOrder, lying, moved, movesBetween, type Order } from '../graph/order.js';
import type { Tensor } from '../graph/tensor.js';
import type { Translation } from './translation.js';

/** Inputs that are computed with place by place, and how they, and what is made of them, lie. */
export interface Together {
  readonly tensors: readonly Tensor[];
  readonly order: Order;
  readonly columns?: Int32Array;
}

/**
 * Brings inputs into one order, that of the first that is computed and has all axes. Constants are laid in the file so, and
 * without axes of one place in front; what is computed keeps its columns where all have the same.
 */
export function together({ values, graph }: Translation, inputs: readonly Value[]): Together {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const computed = inputs.filter((value) => !values.constantOf(value));
  const leading = computed.find(({ shape }) => shape.length === rank);
  const { order = inOrder(rank), columns } = leading ? values.of(leading) : {};
  const areAlike = columns && computed.every((value) => values.of(value).columns === columns);
  const tensors = inputs.map((value) => {
    const constant = values.constantOf(value);
    if (constant) {
      const shape = withOnes(constant.shape, rank);
      let data = moved(floats(constant.values), shape, order);
      if (areAlike && shape.at(-1) !== 1) data = Float32Array.from(data, (_, i) => data[columnAt(columns, i)]!);
      const short = withoutOnes(lying(shape, order));
      return value.dtype === 'float32' || constant.values instanceof Float32Array
        ? graph.constant(data, short, constant.name)
        : graph.constant(Int32Array.from(data), short, constant.name);
    }
    const lies = values.of(value);
    if (areAlike) return lies.tensor;
    if (value.shape.length === rank) return values.in(value, order);
    const wide = values.reshaped(values.in(value, inOrder(value.shape.length)), withOnes(value.shape, rank));
    return values.moved(wide, movesBetween(inOrder(rank), order));
  });
  return { tensors, order, ...(areAlike && { columns }) };
}

/** Which place of a constant, whose rows are as long as there are columns, stands where `i` did. */
const columnAt = (columns: Int32Array, i: number): number => {
  const column = i % columns.length;
  return i - column + columns[column]!;
};

const floats = (values: Float32Array | Int32Array | Uint8Array): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

function withOnes<T>(shape: readonly T[], rank: number): (T | number)[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** Axes of one place in front say nothing where shapes are brought together. */
function withoutOnes(shape: readonly number[]): number[] {
  const first = shape.findIndex((size) => size !== 1);
  return first < 0 ? [] : shape.slice(first);
}
