import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { reshapeTensor } from '@tessera-nn/kernels';
import { equal, range, reverse, sum, topk, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

/** Rows of which some places are taken. */
interface Rows {
  /** How long a row is. */
  length: number;
}

/** [rows, taken, length]: whether a place of a row is the one that was taken. */
function taken(places: Tensor, length: number): Tensor {
  const [rows, count] = places.shape as [number, number];
  return equal(reshapeTensor(places, [rows, count, 1]), reshapeTensor(range(0, length, 1, 'int32'), [1, 1, length]));
}

const spreadOp: Op<'g' | 'places', Rows> = defineOp({
  name: 'spread places',
  inputs: ['g', 'places'],
  saves: ['places'],
  layout: 'logical',
  forward: ({ g, places }, { length }: Rows) => {
    const hits = taken(places, length);
    const each = reshapeTensor(g, [...g.shape, 1]);
    return sum(where(hits, each, zerosLike(each)), 1);
  },
  gradients: (u, { places }, attrs) => ({ g: () => pickOp({ x: u, places }, attrs), places: null }),
});

const pickOp: Op<'x' | 'places', Rows> = defineOp({
  name: 'pick places',
  inputs: ['x', 'places'],
  saves: ['places'],
  layout: 'logical',
  forward: ({ x, places }, { length }: Rows) => {
    const hits = taken(places, length);
    const each = reshapeTensor(x, [x.shape[0], 1, length]);
    return sum(where(hits, each, zerosLike(each)), 2);
  },
  gradients: (g, { places }, attrs) => ({ x: () => spreadOp({ g, places }, attrs), places: null }),
});

const largestOp = defineOp({
  name: 'largest',
  inputs: ['x'],
  results: ['y', 'places'],
  saves: ['places'],
  layout: 'logical',
  forward: ({ x }, { count }: { count: number }) => {
    const { values, indices } = topk(x, count);
    return [reverse(values, 1), reverse(indices, 1)];
  },
  gradients: ({ y: g }, { places }, _attrs, { x }) => ({ x: () => g && spreadOp({ g, places }, { length: x[1]! }) }),
});

/** The largest of each row of a matrix, the smallest of them first; of equals those that come first. */
export const largest = (x: Variable, count: number): Variable => largestOp({ x }, { count }).y;
