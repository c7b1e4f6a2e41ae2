import { defineOp, type Layout, type Op, type Variable } from '@tessera-nn/core';
import { hash32 } from '@tessera-nn/core/internal';
import { hashed, mix32 } from '../chance/index.js';
import { defineKernel, elementwiseLaunch, runKernel } from '@tessera-nn/kernels';
import { mul, reshape, tensor, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

/** Which part of the random stream decides, and how: element i survives when hash32(key, counter + i) < threshold. */
interface DropoutAttrs {
  key: number;
  counter: number;
  threshold: number;
  /** What survivors are multiplied by. */
  factor: number;
}

/** Both sides of a comparison in signed integers would order wrongly. */
const drops = {
  name: 'Dropout',
  inputs: ['x'],
  params: [
    ['key', 'int'],
    ['counter', 'int'],
    ['threshold', 'int'],
    ['factor', 'float'],
  ],
  functions: mix32,
  statements: hashed,
  results: ['mix(vec4(0.0), x * factor, lessThan(hash, uvec4(threshold)))'],
} as const;

const dropoutKernel = defineKernel<{ x: Tensor }, DropoutAttrs, Tensor>({
  name: 'Dropout',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x }, { key, counter, threshold, factor }) => {
    const survives = Uint8Array.from({ length: x.size }, (_, i) =>
      Number(hash32(key, (counter + i) >>> 0) < threshold),
    );
    const flat = reshape(x, [x.size]); // of any rank: tfjs selects among six axes at most
    return reshape(where(tensor(survives, flat.shape, 'bool'), mul(flat, factor), zerosLike(flat)), x.shape);
  },
  companion: ({ functions, at: { x }, inputs, outputs: [y] }, { key, counter, threshold, factor }) =>
    functions.dropout(x, y!, inputs.x.size, key, counter, threshold, factor),
  loops: ({ values: { x }, outputs: [y] }, { key, counter, threshold, factor }) => {
    for (let i = 0; i < x.length; i++) y![i] = hash32(key, (counter + i) >>> 0) < threshold ? x[i]! * factor : 0;
  },
  webgl: ({ x }, { key, counter, threshold, factor }) => {
    const bits = { key: key | 0, counter: counter | 0, threshold: threshold | 0 };
    return elementwiseLaunch(drops, [x], { ...bits, factor }, x.shape)?.[0];
  },
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
