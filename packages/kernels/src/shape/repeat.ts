import { broadcastTo, type Tensor } from '@tensorflow/tfjs-core';
import { defineKernel, runKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';
import { reshapeTensor } from './reshape.js';

/** x again and again along its axes of size 1, which tfjs does element by element on wasm. */
const repeatKernel = defineKernel<{ x: Tensor }, { shape: readonly number[] }, Tensor>({
  name: 'Repeat',
  outputs: (_, { shape }) => ({ shape }),
  compose: ({ x }, { shape }) => broadcastTo(x, [...shape]),
  loops: ({ values: { x }, inputs, outputs: [y] }, { shape }) => {
    const from = inputs.x.shape;
    const [inside, outside] = [from, shape].map((sizes) => sizes.map((_, axis) => sizeOf(sizes.slice(axis + 1))));
    const fill = (axis: number, at: number, to: number): void => {
      const [count, step, all] = [shape[axis]!, outside![axis]!, inside![axis]!];
      if (from[axis] !== count) {
        if (step === 1) {
          y!.fill(x[at]!, to, to + count);
          return;
        }
        fill(axis + 1, at, to);
        for (let i = 1; i < count; i++) y!.copyWithin(to + i * step, to, to + step);
      } else if (step === all) y!.set(x.subarray(at, at + count * all), to);
      else for (let i = 0; i < count; i++) fill(axis + 1, at + i * all, to + i * step);
    };
    fill(0, 0, 0);
  },
});

/** Repeats axes of size 1 of float32 numbers, and puts new ones in front, until the shape is reached. */
export function repeatFloats(x: Tensor, shape: readonly number[]): Tensor {
  const start = reshapeTensor(x, [...new Array<number>(shape.length - x.rank).fill(1), ...x.shape]);
  return runKernel(repeatKernel, { x: start }, { shape });
}
