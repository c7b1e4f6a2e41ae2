import * as core from '@tessera-nn/core';
import { Variable } from '@tessera-nn/core';
import { indexOf, lengthOf, placeOf, sizeArithmetic, type HostArray, type OpenSize } from '../host-array.js';
import { operator, type FunctionOperator, type Operator } from '../operator.js';
import { axisIn, reduced } from '../shape-rules.js';

interface Over extends Record<string, unknown> {
  /** Null for all. */
  axes: number[] | null;
  keepDims: boolean;
}

type Fold = (a: OpenSize, b: OpenSize) => OpenSize;

const axesOf = (axes: number[] | null, rank: number): number[] => axes ?? [...Array(rank).keys()];

/** A reduction over axes, which are attributes in older files and an input in newer ones. */
const reduction = (run: (x: Variable, axes: number[], keepDims: boolean) => Variable, fold?: Fold): FunctionOperator =>
  operator<Over>({
    attrs: (at) => {
      const axes = at.list('axes', 1);
      const isNone = !axes || axes.length === 0;
      const all = at.flag('noop_with_empty_axes') ? [] : null;
      return { axes: isNone ? all : axes, keepDims: at.flag('keepdims', true) };
    },
    inputs: (at) => [at.input(0)],
    dtype: () => 'float32',
    shape: ([shape], { axes, keepDims }) => reduced(shape!, axesOf(axes, shape!.length), keepDims),
    run: ([x], { axes, keepDims }) => run(x!, axesOf(axes, x!.rank), keepDims),
    ...(fold && {
      fold: ([x], { axes, keepDims }) =>
        x!.dtype === 'int32' ? foldOver(x!, axesOf(axes, x!.shape.length), keepDims, fold) : undefined,
    }),
  });

function foldOver(x: HostArray, axes: readonly number[], keepDims: boolean, fold: Fold): HostArray {
  const kept = reduced(x.shape, axes, true);
  const values = new Array<OpenSize | undefined>(lengthOf(kept)).fill(undefined);
  for (let from = 0; from < x.values.length; from++) {
    const to = placeOf(indexOf(from, x.shape), kept);
    const before = values[to];
    values[to] = before === undefined ? x.values[from]! : fold(before, x.values[from]!);
  }
  return { dtype: x.dtype, shape: reduced(x.shape, axes, keepDims), values: values as OpenSize[] };
}

const ofNumbers =
  (apply: (a: number, b: number) => number): Fold =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? apply(a, b) : NaN;

/** Where the largest or least lies along an axis. */
const place = (run: (x: Variable, axis: number, keepDims: boolean) => Variable): Operator =>
  operator<{ axis: number; keepDims: boolean; isLast: boolean }>({
    attrs: (at) => ({
      axis: at.int('axis', 0),
      keepDims: at.flag('keepdims', true),
      isLast: at.flag('select_last_index'),
    }),
    dtype: () => 'int32',
    shape: ([shape], { axis, keepDims }) => reduced(shape!, [axis], keepDims),
    run: ([x], { axis, keepDims, isLast }) => {
      if (!isLast) return run(x!, axis, keepDims);
      const last = new Variable([x!.shape[axisIn(axis, x!.rank)]! - 1], { dtype: 'int32', shape: [] });
      return core.sub(last, run(core.flip(x!, axis), axis, keepDims));
    },
  });

export const reductionOperators: Record<string, Operator> = {
  ReduceSum: reduction(core.sum, sizeArithmetic.add),
  ReduceMean: reduction(core.mean),
  ReduceMax: reduction((x, axes, keepDims) => (axes.length ? core.max(x, axes, keepDims) : x), ofNumbers(Math.max)),
  ReduceMin: reduction((x, axes, keepDims) => (axes.length ? core.min(x, axes, keepDims) : x), ofNumbers(Math.min)),
  ReduceProd: reduction(core.prod, sizeArithmetic.mul),
  ReduceL1: reduction((x, axes, keepDims) => x.abs().sum(axes, keepDims)),
  ReduceL2: reduction((x, axes, keepDims) => core.norm(x, axes, { keepDims })),
  ReduceLogSum: reduction((x, axes, keepDims) => x.sum(axes, keepDims).log()),
  ReduceLogSumExp: reduction(core.logSumExp),
  ReduceSumSquare: reduction((x, axes, keepDims) => x.square().sum(axes, keepDims)),
  ArgMax: place(core.argmax),
  ArgMin: place(core.argmin),
  CumSum: operator<{ axis: number; exclusive: boolean; reverse: boolean }>({
    attrs: (at) => ({
      axis: at.numbers(1, 'axis')[0]!,
      exclusive: at.flag('exclusive'),
      reverse: at.flag('reverse'),
    }),
    inputs: (at) => [at.input(0)],
    shape: ([shape], { axis }) => {
      axisIn(axis, shape!.length);
      return shape!;
    },
    run: ([x], { axis, exclusive, reverse }) => {
      const sums = reverse ? core.flip(core.cumsum(core.flip(x!, axis), axis), axis) : core.cumsum(x!, axis);
      return exclusive ? sums.sub(x!) : sums;
    },
  }),
};
