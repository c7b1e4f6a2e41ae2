import { mean, norm } from '@tessera-nn/core';
import {
  AvgPool1D,
  AvgPool2D,
  AvgPool3D,
  GlobalAvgPool2D,
  GlobalMaxPool2D,
  LpPool2D,
  MaxPool1D,
  MaxPool2D,
  MaxPool3D,
} from '@tessera-nn/modules';
import type { NodeReading } from '../node-reading.js';
import { operator, type FunctionOperator, type Operator, type Reader } from '../operator.js';
import { extent, ofRank, padding, windowOf } from './windows.js';

/** The options of a pooling. */
function poolingOf(at: NodeReading) {
  const size = at.ints('kernel_shape') ?? at.lacks('without a window');
  const { pad, ...window } = windowOf(at, size);
  const ceilMode = at.flag('ceil_mode');
  return {
    axes: size.length,
    options: {
      ...{ size: extent(size), stride: extent(window.stride), dilation: extent(window.dilation), pad: padding(pad) },
      ceilMode,
    },
  };
}

const maxPool: Reader = (at) => {
  const { axes, options } = poolingOf(at);
  const Pool = ofRank<typeof MaxPool2D>(at, axes, [MaxPool1D as never, MaxPool2D, MaxPool3D as never]);
  return at.run(new Pool(options), [at.flow(0)]);
};

const averagePool: Reader = (at) => {
  const { axes, options } = poolingOf(at);
  const Pool = ofRank<typeof AvgPool2D>(at, axes, [AvgPool1D as never, AvgPool2D, AvgPool3D as never]);
  return at.run(new Pool({ ...options, includePad: at.flag('count_include_pad') }), [at.flow(0)]);
};

const lpPool: Reader = (at) => {
  const { axes, options } = poolingOf(at);
  if (axes !== 2) at.lacks(`along ${axes} axes`);
  return at.run(new LpPool2D({ ...options, p: at.int('p', 2) }), [at.flow(0)]);
};

const places = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, axis) => axis + 2);

/** Over all places of each map, which become one. */
const overAll = (made: Pick<FunctionOperator, 'module' | 'run' | 'attrs'>): Operator => ({
  ...made,
  shape: ([shape]) => shape!.map((size, axis) => (axis < 2 ? size : 1)),
});

export const poolingOperators: Record<string, Operator> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: overAll({
    module: (_, at) => (at.rank(0) === 4 ? new GlobalAvgPool2D({ keepDims: true }) : undefined),
    run: ([x]) => mean(x!, places(x!.rank), true),
  }),
  GlobalMaxPool: overAll({
    module: (_, at) => (at.rank(0) === 4 ? new GlobalMaxPool2D({ keepDims: true }) : undefined),
    run: ([x]) => x!.max(places(x!.rank), true),
  }),
  GlobalLpPool: operator<{ p: number }>({
    attrs: (at) => ({ p: at.int('p', 2) }),
    shape: ([shape]) => shape!.map((size, axis) => (axis < 2 ? size : 1)),
    run: ([x], { p }) => norm(x!, places(x!.rank), { p, keepDims: true }),
  }),
};
