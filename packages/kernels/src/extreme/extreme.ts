import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { functionsUsed } from '../formula/numerics.glsl.js';
import { defineKernel, runKernel } from '../kernel.js';
import { reshapeTensor } from '../shape/reshape.js';
import { sizeOf } from '../shapes.js';
import { onWorkbench } from '../webgl/drawing/workbench.js';
import { readValues, valuesOf } from '../webgl/glsl/read-values.js';

interface ExtremeAttrs {
  isLeast: boolean;
}

type Middle = [outer: number, count: number, inner: number];

const ends = ({ shape }: Tensor): [outer: number, inner: number] => [shape[0], shape[2]!];

/** The largest or smallest values along the middle of three axes, which goes; NaN where there is one. */
const extremeKernel = defineKernel<{ x: Tensor }, ExtremeAttrs, Tensor>({
  name: 'Extreme',
  outputs: ({ x }) => ({ shape: ends(x) }),
  compose: ({ x }, { isLeast }) => {
    const values = float32(x);
    const isNaNThere = tf.any(tf.isNaN(values), 1);
    const found = isLeast ? tf.min(values, 1) : tf.max(values, 1);
    return tf.where(isNaNThere, tf.fill(ends(x), NaN), found);
  },
  companion: ({ functions, at, inputs, outputs }, { isLeast }) => {
    const [outer, count, inner] = inputs.x.shape as Middle;
    functions.extremeMiddle(at.x, outer, count, inner, outputs[0]!, isLeast);
  },
  loops: ({ values: { x }, inputs, outputs: [y] }, { isLeast }) => {
    const [outer, count, inner] = inputs.x.shape as Middle;
    const choose = isLeast ? Math.min : Math.max;
    for (let o = 0, to = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++, to++) {
        const from = o * count * inner + i;
        let found = x[from]!;
        for (let k = 1; k < count; k++) found = choose(found, x[from + k * inner]!);
        y![to] = found;
      }
    }
  },
  webgl: ({ x }, { isLeast }) => extremeWebgl(x, isLeast),
});

/** A fragment looks at up to so many values; of more, each looks at about the square root. */
const ONE_PASS = 256;

/** In two draws where there is much to look at: extremes of parts, then of these. */
function extremeWebgl(x: Tensor, isLeast: boolean): TensorInfo | undefined {
  return onWorkbench((bench) => {
    const [outer, count, inner] = x.shape as Middle;
    const choose = isLeast ? 'smaller' : 'larger';
    const draw = (from: TensorInfo, values: number, parts: number) => {
      const { texture, plain } = readValues(bench, from);
      const result = bench.plain([outer, parts, inner]);
      const main = `  int o = texel / (parts * inner);
  int part = (texel - o * parts * inner) / inner;
  int base = o * count * inner + texel % inner;
  int last = min(count, (part + 1) * chunk) - 1;
  int first = min(part * chunk, last);
  vec4 found = vec4(valueX(base + first * inner));
  for (int k = first; k <= last; k += 4) {
    ivec4 at = base + min(ivec4(k, k + 1, k + 2, k + 3), ivec4(last)) * inner;
    found = ${choose}(found, vec4(valueX(at.x), valueX(at.y), valueX(at.z), valueX(at.w)));
  }
  found = ${choose}(found, found.zwxy);
  found = ${choose}(found, found.yxwz);
  result0 = found;`;
      bench.run(
        `Extreme ${choose} ${plain ? 'plain' : 'dense'}`,
        () => ({
          inputs: ['X'],
          targets: 1,
          uniforms: { count: 'int', inner: 'int', parts: 'int', chunk: 'int' },
          functions: `${functionsUsed(main)}\n${valuesOf('X', plain)}`,
          main,
        }),
        [result],
        [texture],
        { count: values, inner, parts, chunk: Math.ceil(values / parts) },
      );
      return result;
    };
    const parts = count <= ONE_PASS ? 1 : Math.ceil(Math.sqrt(count));
    const some = draw(x, count, parts);
    const { dataId } = bench.give(parts === 1 ? some : draw(some.info, parts, 1));
    return { dataId, shape: [outer, inner], dtype: 'float32' };
  });
}

/** Where the first of the largest or smallest values lies along the middle of three axes, as int32; NaN counts as both. */
const argExtremeKernel = defineKernel<{ x: Tensor }, ExtremeAttrs, Tensor>({
  name: 'ArgExtreme',
  outputs: ({ x }) => ({ shape: ends(x), dtype: 'int32' }),
  compose: ({ x }, { isLeast }) => {
    const values = float32(x);
    const isNaNHere = tf.cast(tf.isNaN(values), 'float32');
    const signed = isLeast ? tf.neg(values) : values;
    // Where there is no NaN, the first of these is the first of all, which is none.
    const firstNaN = tf.argMax(isNaNHere, 1);
    return tf.where(tf.cast(tf.max(isNaNHere, 1), 'bool'), firstNaN, tf.argMax(signed, 1));
  },
  loops: ({ values: { x }, inputs, outputs: [y] }, { isLeast }) => {
    const [outer, count, inner] = inputs.x.shape as Middle;
    for (let o = 0, to = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++, to++) {
        const from = o * count * inner + i;
        let best = 0;
        for (let k = 1; k < count; k++) {
          const [value, found] = [x[from + k * inner]!, x[from + best * inner]!];
          if (Number.isNaN(found)) break;
          if (Number.isNaN(value) || (isLeast ? value < found : value > found)) best = k;
        }
        y![to] = best;
      }
    }
  },
});

/** The largest or smallest values over axes (ascending), which stay with size 1; none of them may be of size 0. */
export function extremeTensor(x: Tensor, axes: readonly number[], isLeast: boolean): Tensor {
  const shape = [...x.shape];
  let found = x;
  // Last first: neighbouring axes are one.
  for (let end = axes.length; end > 0;) {
    let begin = end - 1;
    while (begin > 0 && axes[begin - 1] === axes[begin]! - 1) begin--;
    const [first, last] = [axes[begin]!, axes[end - 1]!];
    const middle = [shape.slice(0, first), shape.slice(first, last + 1), shape.slice(last + 1)].map(sizeOf);
    found = runKernel(extremeKernel, { x: reshapeTensor(found, middle) }, { isLeast });
    for (let axis = first; axis <= last; axis++) shape[axis] = 1;
    end = begin;
  }
  return axes.length === 0 ? float32(x) : reshapeTensor(found, shape);
}

/** Where the first of the largest or smallest values lies along an axis, which stays with size 1; as int32. */
export function argExtremeTensor(x: Tensor, axis: number, isLeast: boolean): Tensor {
  const { shape } = x;
  const middle = [shape.slice(0, axis), [shape[axis]!], shape.slice(axis + 1)].map(sizeOf);
  const found = runKernel(argExtremeKernel, { x: reshapeTensor(x, middle) }, { isLeast });
  return reshapeTensor(
    found,
    shape.map((size, at) => (at === axis ? 1 : size)),
  );
}
