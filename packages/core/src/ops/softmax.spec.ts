import { ShapeError } from '@tessera-nn/kernels';
import { map, opSpec, reducedNd, repeatedNd, type Nd, type OpRow } from '@tessera-nn/testing';
import type { Variable } from '../variable/variable.js';
import * as softmaxOps from './softmax.js';

function logarithms(x: Nd, axis: number): Nd {
  const along = (y: Nd, of: (values: number[]) => number) => repeatedNd(reducedNd(y, [axis], of, true), x.shape);
  const largest = along(x, (values) => Math.max(...values));
  const shifted = map(x, (value, i) => value - largest.data[i]!);
  const totals = along(shifted, (values) => values.reduce((sum, value) => sum + Math.exp(value), 0));
  return map(shifted, (value, i) => value - Math.log(totals.data[i]!));
}

const alongEveryAxis =
  (run: (x: Variable, axis?: number) => Variable, of: (log: number) => number): OpRow =>
  (shape) =>
    shape.length === 0
      ? { refuses: ShapeError, attempt: (x) => run(x) }
      : [undefined, ...shape.keys()].map((axis) => ({
          inputs: [shape],
          run: (x) => run(x, axis),
          exact: (x) => map(logarithms(x, axis ?? shape.length - 1), of),
        }));

const rows: Record<keyof typeof softmaxOps, OpRow> = {
  softmax: alongEveryAxis(softmaxOps.softmax, Math.exp),
  logSoftmax: alongEveryAxis(softmaxOps.logSoftmax, (log) => log),
};

opSpec('softmax', rows);
