import { ShapeError, sizeOf } from '@tessera-nn/kernels';
import {
  expectClose,
  gatherNd,
  nd,
  onBackend,
  opSpec,
  reducedNd,
  type OpRow,
  type Tolerance,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import * as ops from './index.js';

type Axes = readonly number[] | undefined;

/**
 * Over every second axis, and over all, once kept; where `filled`, data without elements is refused. Of fewer values than
 * `smoothFrom` there is a kink, which differences do not see.
 */
const over =
  (
    run: (x: Variable, axes: Axes, keepDims: boolean) => Variable,
    of: (values: number[]) => number,
    {
      filled = false,
      smoothFrom = 0,
      tolerance = {},
    }: { filled?: boolean; smoothFrom?: number; tolerance?: Tolerance } = {},
  ): OpRow =>
  (shape) => {
    if (filled && sizeOf(shape) === 0) return { refuses: ShapeError, attempt: (x) => run(x, undefined, false) };
    const odd = shape.length === 1 ? [0] : [...shape.keys()].filter((axis) => axis % 2 === 1);
    return [[odd, true] as const, [[...shape.keys()], false] as const].map(([axes, keepDims]) => ({
      inputs: [shape],
      run: (x: Variable) => run(x, axes, keepDims),
      exact: (x) => reducedNd(x, axes, of, keepDims),
      hasGradient: sizeOf(axes.map((axis) => shape[axis]!)) >= smoothFrom,
      tolerance,
    }));
  };

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
const varianceOf = (values: number[], correction: number) => {
  const mean = total(values) / values.length;
  return total(values.map((value) => (value - mean) ** 2)) / Math.max(0, values.length - correction);
};
const indexOfBest = (values: number[], isLeast: boolean) =>
  values.indexOf(isLeast ? Math.min(...values) : Math.max(...values));

const argRow =
  (run: (x: Variable, axis?: number, keepDims?: boolean) => Variable, isLeast: boolean): OpRow =>
  (shape) => {
    if (sizeOf(shape) === 0) return { refuses: ShapeError, attempt: (x) => run(x) };
    return [undefined, ...shape.keys()].map((axis) => ({
      inputs: [shape],
      run: (x) => run(x, axis),
      exact: (x) => reducedNd(x, axis === undefined ? [...shape.keys()] : [axis], (v) => indexOfBest(v, isLeast)),
      hasGradient: false,
    }));
  };

type Reductions = typeof import('./cumsum.js') &
  typeof import('./extremes-over.js') &
  typeof import('./log-sum-exp.js') &
  typeof import('./norm.js') &
  typeof import('./prod.js') &
  typeof import('./statistics.js');

const rows: Record<Exclude<keyof Reductions, 'root'>, OpRow> = {
  max: over(ops.max, (values) => Math.max(...values), { filled: true }),
  min: over(ops.min, (values) => Math.min(...values), { filled: true }),
  argmax: argRow(ops.argmax, false),
  argmin: argRow(ops.argmin, true),
  prod: over(ops.prod, (values) => values.reduce((product, value) => product * value, 1)),
  variance: over(
    (x, axes, keepDims) => ops.variance(x, axes, { keepDims, correction: 0 }),
    (values) => varianceOf(values, 0),
  ),
  std: over(
    (x, axes, keepDims) => ops.std(x, axes, { keepDims }),
    (values) => Math.sqrt(varianceOf(values, 1)),
    { smoothFrom: 2, tolerance: { absolute: 1e-6 } }, // a pair's slope is the same everywhere: rounding is left of that
  ),
  logSumExp: over(ops.logSumExp, (values) => Math.log(total(values.map(Math.exp)))),
  norm: over(
    (x, axes, keepDims) => ops.norm(x, axes, { keepDims }),
    (values) => Math.hypot(...values),
  ),
  cumsum: (shape) =>
    shape.length === 0
      ? { refuses: ShapeError, attempt: (x) => ops.cumsum(x, 0) }
      : [...shape.keys()].map((axis) => ({
          inputs: [shape],
          run: (x) => ops.cumsum(x, axis),
          exact: (x) => {
            const sums = nd(shape);
            for (let k = 0; k < shape[axis]!; k++) {
              const upTo = gatherNd(shape, x, (place) =>
                place[axis]! >= k ? place.map((i, at) => (at === axis ? k : i)) : undefined,
              );
              upTo.data.forEach((value, i) => (sums.data[i]! += value));
            }
            return sums;
          },
        })),
};

opSpec('reductions', rows);

describe('reductions', () => {
  onBackend();
  const leaf = (values: number[]) => new Variable(values, { requiresGrad: true });

  it('choose NaN where there is one, and the first of several', async () => {
    const x = new Variable([
      [1, NaN, 3],
      [2, 2, 1],
      [-Infinity, -Infinity, -Infinity],
      [5, Infinity, Infinity],
    ]);
    expect(await ops.max(x, 1).array()).to.deep.equal([NaN, 2, -Infinity, Infinity]);
    expect(await ops.min(x, 1).array()).to.deep.equal([NaN, 1, -Infinity, 5]);
    expect(await ops.argmax(x, 1).array()).to.deep.equal([1, 0, 0, 1]);
    expect(await ops.argmin(x, -1).array()).to.deep.equal([1, 2, 0, 0]);
    expect(ops.argmax(x).dtype).to.equal('int32');
    expect(await ops.argmax(x).item()).to.equal(1);
    expect(ops.argmax(x, undefined, true).shape).to.deep.equal([1, 1]);
  });

  it('look through many values', async () => {
    const values = Float32Array.from({ length: 5003 }, (_, i) => Math.sin(i * 12.9898));
    values[4001] = 2;
    for (const [shape, axes] of [
      [[5003], [0]],
      [
        [5003, 1],
        [0, 1],
      ],
    ] as const) {
      const x = new Variable(values, { shape });
      expect(await ops.max(x, axes).item()).to.equal(2);
      expect(await ops.min(x, axes).item()).to.equal(Math.min(...values));
    }
    expect(await ops.argmax(new Variable(values)).item()).to.equal(4001);
  });

  it('share the gradient among the largest, as torch.amax does', async () => {
    const x = leaf([3, 1, 3, 2]);
    ops.max(x).backward(6);
    expect(await x.grad!.array()).to.deep.equal([3, 0, 3, 0]);
  });

  it('have the products of the others for gradients, also where factors are 0', async () => {
    for (const [values, expected] of [
      [
        [2, 0, 5],
        [0, 10, 0],
      ],
      [
        [0, 0, 5],
        [0, 0, 0],
      ],
    ] as const) {
      const x = leaf([...values]);
      ops.prod(x).backward();
      expect(await x.grad!.array()).to.deep.equal(expected);
    }
  });

  it('have norms of other powers, and no slope at 0', async () => {
    const x = leaf([3, -4, 1]);
    expect(await ops.norm(x, 0, { p: 1 }).item()).to.equal(8);
    expect(await ops.norm(x, 0, { p: Infinity }).item()).to.equal(4);
    expectClose(await ops.norm(x, 0, { p: 3 }).values(), [Math.cbrt(92)], 'p = 3');
    for (const p of [1, 2, 3, 1.5]) {
      const zero = leaf([0, 0]);
      ops.norm(zero, undefined, { p }).backward();
      expect(await zero.grad!.array(), `p = ${p}`).to.satisfy((g: number[]) => g.every((v) => v === 0));
    }
    expect(() => ops.norm(x, 0, { p: 0 })).to.throw('above 0');
  });

  it('have no slope in a standard deviation of 0', async () => {
    const x = leaf([2, 2]);
    ops.std(x).backward();
    expect(await x.grad!.array()).to.deep.equal([0, 0]);
    expect(await ops.variance(new Variable([1])).item()).to.be.NaN;
    expectClose(await ops.variance(new Variable([1, 2, 4])).values(), [7 / 3], 'unbiased');
  });

  it('sum exponentials of any size', async () => {
    const x = new Variable([
      [1000, 1000],
      [-Infinity, -Infinity],
      [-1000, -1001],
      [Infinity, 0],
    ]);
    const expected = [1000 + Math.LN2, -Infinity, -1000 + Math.log1p(Math.exp(-1)), Infinity];
    expectClose(await ops.logSumExp(x, 1).values(), expected, 'logSumExp');
  });
});
