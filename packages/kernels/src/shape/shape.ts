import { backend, reshape, transpose, type Tensor } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { defineKernel, runKernel } from '../kernel.js';
import { repeat } from '../webgl/launcher.js';
import { valueOf } from '../webgl/rows.js';
import { isDense } from '../webgl/tiled-tensor.js';
import { allFilled, onWorkbench } from '../webgl/workbench.js';
import { sizeOf } from '../shapes.js';

type Input = { x: Tensor };

/** Shares the values: on WebGL too, where tfjs would copy a dense texture into its own order. */
const reshapeKernel = defineKernel<Input, { shape: readonly number[] }, Tensor>({
  name: 'Reshape',
  outputs: (_, { shape }) => ({ shape }),
  compose: ({ x }, { shape }) => reshape(x, [...shape]),
  webgl: ({ x }, { shape }) => {
    if (!isDense(x)) return undefined;
    (backend() as MathBackendWebGL).incRef(x.dataId);
    return { dataId: x.dataId, shape: [...shape], dtype: x.dtype };
  },
});

const transposeKernel = defineKernel<Input, { order: readonly number[] }, Tensor>({
  name: 'Transpose',
  outputs: ({ x }, { order }) => ({ shape: order.map((axis) => x.shape[axis]!) }),
  compose: ({ x }, { order }) => transpose(x, [...order]),
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
        [bench.readAsTheyLie(x)],
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

/** The same values under another shape, as a new tensor that shares them. */
export const reshapeTensor = (x: Tensor, shape: readonly number[]): Tensor =>
  runKernel(reshapeKernel, { x }, { shape });

/** A copy with its axes in another order: axis i of the result is axis `order[i]` of x. */
export const transposeTensor = (x: Tensor, order: readonly number[]): Tensor =>
  runKernel(transposeKernel, { x }, { order });
