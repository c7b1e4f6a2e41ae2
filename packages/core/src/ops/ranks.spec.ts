import { formula as f, sizeOf, ShapeError } from '@tessera-nn/kernels';
import {
  binaryRow,
  describeAllBodies,
  gatherNd,
  map,
  nd,
  opSpec,
  reducedNd,
  repeatedNd,
  unaryRow,
  wideAndNarrow,
  type Nd,
  type OpRow,
} from '@tessera-nn/testing';
import type { Variable } from '../variable/variable.js';
import * as ops from './index.js';

/** What the spec of moves holds. */
type Moves = typeof import('./einsum.js') &
  Pick<typeof import('./gather.js'), 'gather'> &
  typeof import('./take-along-axis.js') &
  typeof import('./moves.js') &
  typeof import('./pad.js') &
  typeof import('./matmul.js');

/** What the spec of reductions holds. */
type Reductions = typeof import('./cumsum.js') &
  typeof import('./extremes-over.js') &
  typeof import('./log-sum-exp.js') &
  typeof import('./norm.js') &
  typeof import('./prod.js') &
  typeof import('./statistics.js');
/** Ops with a spec of their own. */
type Elsewhere = typeof import('./comparisons.js') &
  typeof import('./extremes.js') &
  typeof import('./softmax.js') &
  Reductions &
  Moves;

/** The shape that all broadcast to. */
const repeatedShape = (given: readonly Nd[]): number[] => {
  const rank = Math.max(...given.map(({ shape }) => shape.length));
  const size = (axis: number) => {
    const sizes = given.map(({ shape }) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((one) => one !== 1) ?? 1;
  };
  return Array.from({ length: rank }, (_, axis) => size(axis));
};

/** By a series whose terms have one sign. */
function errorFunction(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 150; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The sums over every second axis, and over all. */
const sums =
  (keep: boolean, run: (x: Variable, axes: number[] | undefined) => Variable, mean = false): OpRow =>
  (shape) =>
    [[...shape.keys()].filter((axis) => axis % 2 === 1), [...shape.keys()]].map((axes) => ({
      inputs: [shape],
      run: (x) => run(x, axes),
      exact: (x) => {
        const count = mean ? sizeOf(axes.map((axis) => shape[axis]!)) : 1;
        return reducedNd(x, axes, (values) => total(values) / count, keep);
      },
    }));

const joined = (axis: number, parts: Nd[]): Nd => {
  const [first] = parts as [Nd];
  const sizes = parts.map(({ shape }) => shape[axis]!);
  const shape = first.shape.map((size, at) => (at === axis ? sizes.reduce((a, b) => a + b, 0) : size));
  const blocks = parts.map((part) => sizeOf(part.shape.slice(axis)));
  const data = Array.from({ length: sizeOf(shape.slice(0, axis)) }, (_, row) =>
    parts.flatMap((part, i) => [...part.data.subarray(row * blocks[i]!, (row + 1) * blocks[i]!)]),
  );
  return nd(shape, data.flat());
};

const bentBy = ops.broadcastingOp({ name: 'BentBy', inputs: ['a', 'b'], value: ({ a, b }) => f.mul(a, f.exp(b)) });

const bent = ops.elementwiseOp({ name: 'Bent', value: ({ x }) => f.mul(x, f.exp(x)) });

/** A row for every op that has no spec of its own. */
const rows: Record<Exclude<keyof typeof ops, keyof Elsewhere>, OpRow> = {
  affine: unaryRow(
    (x) => ops.affine(x, -2, 0.5),
    (x) => 0.5 - 2 * x,
  ),
  elementwiseOp: unaryRow(
    (x) => bent(x, {}),
    (x) => x * Math.exp(x),
  ),
  broadcastingOp: binaryRow(
    (a, b) => bentBy({ a, b }),
    (a, b) => a * Math.exp(b),
  ),
  sin: unaryRow(ops.sin, Math.sin),
  cos: unaryRow(ops.cos, Math.cos),
  erf: unaryRow(ops.erf, errorFunction),
  reciprocal: unaryRow(
    (x) => ops.reciprocal(ops.exp(x)),
    (x) => Math.exp(-x),
  ),
  rsqrt: unaryRow(
    (x) => ops.rsqrt(ops.exp(x)),
    (x) => Math.exp(-x / 2),
  ),
  floor: unaryRow(ops.floor, Math.floor),
  ceil: unaryRow(ops.ceil, Math.ceil),
  round: unaryRow(ops.round, Math.round),
  sign: unaryRow(ops.sign, Math.sign),
  abs: unaryRow(ops.abs, Math.abs),
  exp: unaryRow(ops.exp, Math.exp),
  log: unaryRow(
    (x) => ops.log(ops.add(ops.mul(x, x), ops.exp(x))),
    (x) => Math.log(x * x + Math.exp(x)),
  ),
  sqrt: unaryRow(
    (x) => ops.sqrt(ops.exp(x)),
    (x) => Math.exp(x / 2),
  ),
  pow: binaryRow(
    (x, exponent) => ops.pow(ops.pow(ops.exp(x), exponent), 3),
    (x, exponent) => Math.exp(3 * x * exponent),
    { at: (x) => map(x, (value) => Math.fround(value / 4)) },
  ),
  sigmoid: unaryRow(ops.sigmoid, (x) => 1 / (1 + Math.exp(-x))),
  tanh: unaryRow(ops.tanh, Math.tanh),
  relu: unaryRow(ops.relu, (x) => Math.max(x, 0)),
  add: binaryRow(ops.add, (a, b) => a + b),
  sub: binaryRow(ops.sub, (a, b) => a - b),
  mul: binaryRow(ops.mul, (a, b) => a * b),
  div: binaryRow(
    (a, b) => ops.div(a, ops.exp(b)),
    (a, b) => a / Math.exp(b),
  ),
  addAll: (shape) => ({
    inputs: [shape, shape, shape],
    run: (...terms) => ops.addAll(terms),
    exact: (...terms) => map(terms[0]!, (_, i) => terms.reduce((total, { data }) => total + data[i]!, 0)),
  }),
  sum: sums(false, (x, axes) => ops.sum(x, axes)),
  mean: sums(true, (x, axes) => ops.mean(x, axes, true), true),
  sumTo: (shape) => {
    const narrow = shape.map((size, axis) => (axis % 2 === 0 ? 1 : size)).slice(1);
    const axes = [...shape.keys()].filter((axis) => axis === 0 || axis % 2 === 0);
    return {
      inputs: [shape],
      run: (x) => ops.sumTo(x, narrow),
      exact: (x) => ({ ...reducedNd(x, axes, total), shape: narrow }),
    };
  },
  broadcastTo: (shape) => {
    const narrow = shape.map((size, axis) => (axis % 2 === 0 ? 1 : size)).slice(1);
    return { inputs: [narrow], run: (x) => ops.broadcastTo(x, shape), exact: (x) => repeatedNd(x, shape) };
  },
  reshape: (shape) => ({
    inputs: [shape],
    run: (x) => ops.reshape(x, [...shape].reverse()),
    exact: ({ data }) => nd([...shape].reverse(), data),
  }),
  transpose: (shape) =>
    [[...shape.keys()].reverse(), [...shape.keys()].sort((a, b) => (a % 3) - (b % 3) || b - a)].map((order) => ({
      inputs: [shape],
      run: (x) => ops.transpose(x, order),
      exact: (x) =>
        gatherNd(
          order.map((axis) => shape[axis]!),
          x,
          (place) => shape.map((_, a) => place[order.indexOf(a)]!),
        ),
    })),
  slice: (shape) => {
    const begin = shape.map((size) => Math.max(0, size - 2));
    const size = shape
      .map((length, axis) => (axis % 2 ? 1 : length - begin[axis]!))
      .map((n, axis) => Math.min(n, shape[axis]!));
    return {
      inputs: [shape],
      run: (x) => ops.slice(x, begin, size),
      exact: (x) => gatherNd(size, x, (place) => place.map((i, axis) => i + begin[axis]!)),
    };
  },
  concat: (shape) =>
    shape.length === 0
      ? { refuses: ShapeError, attempt: (a, b) => ops.concat([a, b]) }
      : [0, shape.length - 1].map((axis) => ({
          inputs: [1, 0, 2].map((size) => shape.map((other, at) => (at === axis ? size : other))),
          run: (...parts) => ops.concat(parts, axis),
          exact: (...parts) => joined(axis, parts),
        })),
  split: (shape) =>
    shape.length === 0
      ? { refuses: ShapeError, attempt: (x) => ops.split(x, [1, 1]) }
      : [0, shape.length - 1].map((axis) => {
          const sizes = [Math.min(1, shape[axis]!), 0, Math.max(0, shape[axis]! - 1)];
          return {
            inputs: [shape],
            run: (x) => ops.split(x, sizes, axis),
            exact: (x) =>
              sizes.map((size, i) => {
                const before = i === 2 ? sizes[0]! : 0;
                const part = shape.map((other, at) => (at === axis ? size : other));
                return gatherNd(part, x, (place) => place.map((p, at) => (at === axis ? p + before : p)));
              }),
          };
        }),
  stack: (shape) => ({
    inputs: [shape, shape],
    run: (...parts) => ops.stack(parts),
    exact: (...parts) =>
      joined(
        0,
        parts.map(({ data }) => nd([1, ...shape], data)),
      ),
  }),
  where: (shape) => {
    const [wide, narrow, both] = wideAndNarrow(shape);
    return [
      [shape, shape, shape],
      [wide, narrow, both.slice(1)],
    ].map((inputs) => ({
      inputs,
      run: (x, a, b) => ops.where(ops.greater(x, 0.1), a, b),
      exact: (...given) => {
        const [x, a, b] = given.map((one) => repeatedNd(one, repeatedShape(given)));
        return map(x!, (value, i) => (value > 0.1 ? a : b)!.data[i]!);
      },
    }));
  },
  zerosLike: (shape) => ({ inputs: [shape], run: (x) => ops.zerosLike(x), exact: (x) => map(x, () => 0) }),
};

opSpec('Every op takes ranks 0 to 8, and axes of size 0, or refuses by name', rows, describeAllBodies);
