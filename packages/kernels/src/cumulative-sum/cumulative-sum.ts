import { cumsum, type Tensor } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { defineKernel, runKernel } from '../kernel.js';
import { reshapeTensor } from '../shape/reshape.js';
import { sizeOf } from '../shapes.js';
import type { Loops } from '../wasm/loops.js';

interface Direction {
  /** Whether each sum runs to the end instead of from the start. */
  reverse: boolean;
}

const loops: Loops<{ x: Tensor }, Direction> = ({ values: { x }, inputs, outputs: [y] }, { reverse }) => {
  const [outer, count, inner] = inputs.x.shape as [number, number, number];
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    sums.fill(0);
    for (let k = 0; k < count; k++) {
      const row = (o * count + (reverse ? count - 1 - k : k)) * inner;
      for (let i = 0; i < inner; i++) y![row + i] = sums[i]! += x[row + i]!;
    }
  }
};

/** The sums of all values up to each along the middle of three axes; in float64 on `wasm` and `cpu`. */
const cumulativeSumKernel = defineKernel<{ x: Tensor }, Direction, Tensor>({
  name: 'CumulativeSum',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x }, { reverse }) => cumsum(float32(x), 1, false, reverse),
  loops,
  cpu: loops,
});

/** The sums of all values up to each along an axis, or from each on. */
export function cumulativeSum(x: Tensor, axis: number, reverse: boolean): Tensor {
  const middle = [x.shape.slice(0, axis), [x.shape[axis]!], x.shape.slice(axis + 1)].map(sizeOf);
  return reshapeTensor(runKernel(cumulativeSumKernel, { x: reshapeTensor(x, middle) }, { reverse }), x.shape);
}
