import { rowLength, type Size } from '@tessera-nn/core/internal';
import { tensorTypes } from '../../format/operators.js';
import { inOrder, lying, type Order } from '../../graph/order.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Lying, Translation, Translator } from '../translation.js';

/** Rows along the last axes, for what each row is brought to mean 0 and variance 1 in. */
interface Rows {
  rows: Size;
  centred: boolean;
  epsilon: number;
}

/** The axes at the end that rows are made of; an axis of which each row has a part becomes two. */
function axesOfRows(shape: readonly Size[], length: number): { shape: Size[]; axes: number[] } | undefined {
  let [axis, rest] = [shape.length, length];
  while (rest > 1 && axis > 0) {
    const size = shape[axis - 1]!;
    if (typeof size !== 'number') return undefined;
    if (rest % size === 0) [axis, rest] = [axis - 1, rest / size];
    else if (size % rest === 0) {
      const split = [...shape.slice(0, axis - 1), size / rest, rest, ...shape.slice(axis)];
      return { shape: split, axes: inOrder(split.length).slice(axis) };
    } else return undefined;
  }
  return { shape: [...shape], axes: inOrder(shape.length).slice(axis) };
}

/** Along axes, which stay with one place. */
const reduction = (at: Translation, name: 'SUM' | 'REDUCE_MAX' | 'REDUCE_MIN', axes: readonly number[]): Lying => {
  const { tensor, order } = at.lying();
  const places = at.graph.ints(axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b));
  return at.add(name, [tensor, places], order, { keepDims: true });
};

/** In an order with the axis at the end. */
const withLast = (order: Order, axis: number): number[] => [...order.filter((other) => other !== axis), axis];

function standardized(at: Translation): Lying {
  const { rows, centred, epsilon } = at.attrs<Rows>();
  const parts =
    axesOfRows(at.input.shape, rowLength(at.input.shape, rows) ?? at.refuse('over the batch')) ??
    at.refuse('of rows that are no axes');
  const { graph, values } = at;
  const { tensor, order } = at.lying();
  const split = parts.shape.length - at.input.shape.length;
  const cut = split === 0 ? -1 : parts.axes[0]! - 1;
  // A map that is cut lies cut where it lay.
  const newOrder = order.flatMap((axis) =>
    axis === cut && split ? [axis, axis + 1] : [axis > cut && split ? axis + 1 : axis],
  );
  const x = values.reshaped(tensor, lying(parts.shape, newOrder));
  const places = parts.axes.map((axis) => newOrder.indexOf(axis)).sort((a, b) => a - b);
  const narrow = { shape: x.shape.map((size, place) => (places.includes(place) ? 1 : size)) };
  const mean = (of: Tensor) => graph.add('MEAN', [of, graph.ints(places)], narrow, { keepDims: true });
  const centre = centred ? graph.add('SUB', [x, mean(x)], x) : x;
  const variance = mean(graph.add('MUL', [centre, centre], { shape: x.shape }));
  const raised = graph.add('ADD', [variance, graph.floats([epsilon], [])], narrow);
  const scaled = graph.add('MUL', [centre, graph.add('RSQRT', [raised], narrow)], { shape: x.shape });
  return { tensor: values.reshaped(scaled, tensor.shape), order };
}

export const reductionOps: Record<string, Translator> = {
  sum: (at) => {
    const { axes } = at.attrs<{ axes: number[] }>();
    const isOfOne = axes.every((axis) => at.input.shape[axis] === 1);
    return isOfOne ? at.values.of(at.input) : reduction(at, 'SUM', axes);
  },
  extreme: (at) => {
    const { axes, isLeast } = at.attrs<{ axes: number[]; isLeast: boolean }>();
    return reduction(at, isLeast ? 'REDUCE_MIN' : 'REDUCE_MAX', axes);
  },
  argExtreme: (at) => {
    const { axis, isLeast } = at.attrs<{ axis: number; isLeast: boolean }>();
    const { tensor, order } = at.lying();
    const place = order.indexOf(axis);
    const inputs = [tensor, at.graph.ints([place], [])];
    const made = { shape: tensor.shape.filter((_, i) => i !== place), type: 'int32' } as const;
    const found = at.graph.add(isLeast ? 'ARG_MIN' : 'ARG_MAX', inputs, made, { type: tensorTypes.int32 });
    return { tensor: at.values.reshaped(found, lying(at.result.shape, order)), order };
  },
  cumsum: (at) => {
    const { axis, reverse } = at.attrs<{ axis: number; reverse: boolean }>();
    const { tensor, order } = at.lying();
    return at.add('CUMSUM', [tensor, at.graph.ints([order.indexOf(axis)], [])], order, { reverse });
  },
  largest: (at) => {
    const { count } = at.attrs<{ count: number }>();
    const order = withLast(inOrder(at.input.shape.length), 1);
    const tensor = at.values.in(at.input, order);
    const made = at.step.results.map(({ shape, dtype }) => ({ shape: lying(shape, order), type: dtype }));
    const found = at.graph.addAll('TOPK_V2', [tensor, at.graph.ints([count], [])], made);
    // Ours come smallest first.
    const last = at.graph.ints([order.length - 1]);
    return found.map((part, i) => ({ tensor: at.graph.add('REVERSE_V2', [part, last], made[i]!), order }));
  },
  'batch norm inference': (at) => {
    const [scale, bias, mean, variance] = ['scale', 'bias', 'mean', 'variance'].map((name) => at.constant(name).values);
    const { epsilon } = at.attrs<{ epsilon: number }>();
    const factors = Float32Array.from(variance!, (value, i) => scale![i]! / Math.sqrt(value + epsilon));
    const offsets = Float32Array.from(factors, (factor, i) => bias![i]! - mean![i]! * factor);
    const { tensor, order, columns } = at.values.of(at.input);
    const place = order.indexOf(1);
    const shape = [factors.length, ...new Array<number>(order.length - 1 - place).fill(1)];
    const laid = (values: Float32Array) =>
      at.graph.constant(columns ? Float32Array.from(columns, (column) => values[column]!) : values, shape);
    const made = { shape: tensor.shape };
    const scaled = at.graph.add('MUL', [tensor, laid(factors)], made);
    return { tensor: at.graph.add('ADD', [scaled, laid(offsets)], made), order, ...(columns && { columns }) };
  },
  standardize: standardized,
};
