import { defineOp, type Layout, type Op, type Variable } from '@tessera-nn/core';
import { hash32 } from '@tessera-nn/core/internal';
import { defineKernel, elementwiseProgram, runKernel } from '@tessera-nn/kernels';
import { mul, tensor, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

/** Which part of the random stream decides, and how: element i survives when hash32(key, counter + i) < threshold. */
interface DropoutAttrs {
  key: number;
  counter: number;
  threshold: number;
  /** What survivors are multiplied by. */
  factor: number;
}

/** hash32 of core's random stream, in GLSL; both sides of a comparison in signed integers would order wrongly. */
const hash = `
uint mix32(uint x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}
`;

const dropoutKernel = defineKernel<{ x: Tensor }, DropoutAttrs, Tensor>({
  name: 'Dropout',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x }, { key, counter, threshold, factor }) => {
    const survives = Uint8Array.from({ length: x.size }, (_, i) =>
      Number(hash32(key, (counter + i) >>> 0) < threshold),
    );
    return where(tensor(survives, x.shape, 'bool'), mul(x, factor), zerosLike(x));
  },
  companion: ({ functions, at: { x }, inputs, outputs: [y] }, { key, counter, threshold, factor }) =>
    functions.dropout(x, y!, inputs.x.size, key, counter, threshold, factor),
  loops: ({ values: { x }, outputs: [y] }, { key, counter, threshold, factor }) => {
    for (let i = 0; i < x.length; i++) y![i] = hash32(key, (counter + i) >>> 0) < threshold ? x[i]! * factor : 0;
  },
  webgl: ({ x }, { key, counter, threshold, factor }) =>
    elementwiseProgram(
      'Dropout',
      [['x', x]],
      [
        ['key', key | 0, 'int'],
        ['counter', counter | 0, 'int'],
        ['threshold', threshold | 0, 'int'],
        ['factor', factor],
      ],
      'mix32(mix32(uint(counter) + uint(flatIndex)) ^ uint(key)) < uint(threshold) ? x * factor : 0.0',
      x.shape,
      hash,
    ),
});

type OpAttrs = DropoutAttrs & { layout: Layout };

const dropoutOp: Op<'x', OpAttrs> = defineOp({
  name: 'dropout',
  inputs: ['x'],
  // The elements are counted as they lie in memory: the gradient must come in the layout of the forward pass.
  layout: ({ layout }: OpAttrs) => layout,
  forward: ({ x }, attrs) => runKernel(dropoutKernel, { x }, attrs),
  gradients: (g, _saved, attrs) => ({ x: () => dropoutOp({ x: g }, attrs) }),
});

/** Sets each element to 0 by chance and multiplies the others by `factor`. */
export function dropout(x: Variable, attrs: DropoutAttrs): Variable {
  return dropoutOp({ x }, { ...attrs, layout: x.storage.layout });
}
