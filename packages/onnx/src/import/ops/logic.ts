import * as core from '@tessera-nn/core';
import type { Variable } from '@tessera-nn/core';
import { indexOf, lengthOf, placeOf, zipped, type HostArray, type OpenSize } from '../host-array.js';
import type { FunctionOperator, Operator } from '../operator.js';
import { broadcast, same } from '../shape-rules.js';

type Compare = (a: number, b: number) => boolean;

/** A comparison, of which those of sizes are known when the file is read. A size that follows the batch equals no number. */
const comparison = (run: (a: Variable, b: Variable) => Variable, holds: Compare): FunctionOperator => ({
  shape: broadcast,
  dtype: () => 'bool',
  run: ([a, b]) => run(a!, b!),
  fold: ([a, b]) => zipped(a!, b!, broadcast([a!.shape, b!.shape]), (x, y) => Number(holdsOf(holds, x, y)), 'bool'),
});

const holdsOf = (holds: Compare, a: OpenSize, b: OpenSize): boolean =>
  typeof a === 'number' && typeof b === 'number' ? holds(a, b) : holds(Infinity, -1) && holds(-1, Infinity);

/** Whether something is not 0. */
const truth = (x: Variable): Variable => core.logicalNot(core.equal(x, 0));

function chosen([condition, a, b]: readonly HostArray[]): HostArray {
  const shape = broadcast([condition!.shape, a!.shape, b!.shape]);
  const values = Array.from({ length: lengthOf(shape) }, (_, place) => {
    const index = indexOf(place, shape);
    const from = condition!.values[placeOf(index, condition!.shape)] === 0 ? b! : a!;
    return from.values[placeOf(index, from.shape)]!;
  });
  return { dtype: a!.dtype, shape, values };
}

export const logicOperators: Record<string, Operator> = {
  Equal: comparison(core.equal, (a, b) => a === b),
  Greater: comparison(core.greater, (a, b) => a > b),
  GreaterOrEqual: comparison(core.greaterEqual, (a, b) => a >= b),
  Less: comparison(core.less, (a, b) => a < b),
  LessOrEqual: comparison(core.lessEqual, (a, b) => a <= b),
  And: comparison(core.logicalAnd, (a, b) => a !== 0 && b !== 0),
  Or: comparison(core.logicalOr, (a, b) => a !== 0 || b !== 0),
  Xor: comparison(
    (a, b) => core.logicalNot(core.equal(truth(a), truth(b))),
    (a, b) => (a !== 0) !== (b !== 0),
  ),
  Not: { shape: same, dtype: () => 'bool', run: ([x]) => core.logicalNot(x!) },
  Where: {
    shape: broadcast,
    dtype: () => 'float32',
    run: ([condition, a, b]) => core.where(condition!, a!, b!),
    fold: chosen,
  },
};
