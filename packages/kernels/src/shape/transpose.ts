import { transpose, type Tensor } from '@tensorflow/tfjs-core';
import { defineKernel, runKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';
import { repeat } from '../webgl/drawing/shader-text.js';
import { valueOf } from '../webgl/glsl/read-values.js';
import { allFilled, onWorkbench } from '../webgl/drawing/workbench.js';
import { STOCK_RANK } from './any-rank.js';
import { reshapeTensor } from './reshape.js';

const transposeKernel = defineKernel<{ x: Tensor }, { order: readonly number[] }, Tensor>({
  name: 'Transpose',
  outputs: ({ x }, { order }) => ({ shape: order.map((axis) => x.shape[axis]!), dtype: x.dtype }),
  compose: ({ x }, { order }) => permuted(x, order),
  webgl: ({ x }, { order }) => {
    // Only what the other kernels read densely anyway: whole numbers and truth values keep their own type this way.
    if (x.dtype !== 'float32' || !allFilled(x)) return undefined;
    const shape = order.map((axis) => x.shape[axis]!);
    const strides = x.shape.map((_, axis) => sizeOf(x.shape.slice(axis + 1)));
    const names = (letter: string) => order.map((_, axis) => `${letter}${axis}`);
    const small = x.size < 2 ** 20;
    const step = (axis: number) =>
      small
        ? `  next = over(i, length${axis}); from += (i - next * length${axis}) * step${axis}; i = next;`
        : `  from += (i % length${axis}) * step${axis}; i /= length${axis};`;
    return onWorkbench((bench) => {
      const result = bench.dense(shape);
      bench.run(
        `Transpose ${order.length} ${small ? 'small' : ''}`,
        () => ({
          inputs: ['X'],
          targets: 1,
          uniforms: Object.fromEntries([...names('length'), ...names('step')].map((name) => [name, 'int' as const])),
          functions: `${valueOf('X')}
float moved(int i) {
  int from = 0;
  int next = 0;
${order
  .map((_, axis) => step(axis))
  .reverse()
  .join('\n')}
  return valueX(from);
}`,
          main: `result0 = vec4(${repeat(4, (l) => `moved(texel * 4 + ${l})`, ', ')});`,
        }),
        [result],
        [bench.readTiled(x)],
        Object.fromEntries(
          order.flatMap((axis, place) => [
            [`length${place}`, shape[place]!],
            [`step${place}`, strides[axis]!],
          ]),
        ),
      );
      return bench.give(result);
    });
  },
});

/** A copy with its axes in another order: axis i of the result is axis `order[i]` of x. */
export const transposeTensor = (x: Tensor, order: readonly number[]): Tensor =>
  runKernel(transposeKernel, { x }, { order });

/** Axes in another order: one exchange of two neighbouring runs of axes after the other, each in four axes. */
function permuted(x: Tensor, order: readonly number[]): Tensor {
  if (x.rank <= STOCK_RANK) return transpose(x, [...order]);
  let moved = x;
  let lie = [...order.keys()];
  order.forEach((axis, place) => {
    const from = lie.indexOf(axis);
    if (from === place) return;
    const differs = lie.slice(from).findIndex((other, i) => other !== order[place + i]);
    const to = differs < 0 ? lie.length : from + differs;
    const runs = [lie.slice(0, place), lie.slice(place, from), lie.slice(from, to), lie.slice(to)];
    const sizes = runs.map((run) => sizeOf(run.map((one) => x.shape[one]!)));
    moved = transpose(reshapeTensor(moved, sizes), [0, 2, 1, 3]);
    lie = [runs[0]!, runs[2]!, runs[1]!, runs[3]!].flat();
  });
  return reshapeTensor(
    moved,
    order.map((axis) => x.shape[axis]!),
  );
}
