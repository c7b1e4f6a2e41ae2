import { exp, max, sub, sum, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { float32 } from '../float32.js';
import { functionsUsed } from '../formula/numerics.glsl.js';
import { defineKernel } from '../kernel.js';
import { reshapeTensor } from '../shape/reshape.js';
import { sizeOf } from '../shapes.js';
import { onWorkbench } from '../webgl/drawing/workbench.js';
import { readValues, valuesOf } from '../webgl/glsl/read-values.js';

/** How many values lie before an axis, along it, and behind it. */
export function partsAround(shape: readonly number[], axis: number) {
  return { outer: sizeOf(shape.slice(0, axis)), count: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

const collapsed = (shape: readonly number[], axis: number): number[] =>
  shape.map((size, place) => (place === axis ? 1 : size));

/** The largest value m along an axis, and the sum of e^(x - m), both with the axis of size 1. */
export const exponentialsKernel = defineKernel<{ x: Tensor }, { axis: number }, Tensor[]>({
  name: 'Exponentials',
  outputs: ({ x }, { axis }) => [{ shape: collapsed(x.shape, axis) }, { shape: collapsed(x.shape, axis) }],
  compose: ({ x }, { axis }) => {
    const { outer, count, inner } = partsAround(x.shape, axis);
    const columns = reshapeTensor(float32(x), [outer, count, inner]);
    const largest = max(columns, 1, true);
    const total = sum(exp(sub(columns, largest)), 1, true);
    return [largest, total].map((tensor) => reshapeTensor(tensor, collapsed(x.shape, axis)));
  },
  loops: ({ values: { x }, inputs, outputs: [largest, total] }, { axis }) => {
    const { outer, count, inner } = partsAround(inputs.x.shape, axis);
    for (let row = 0; row < outer * inner; row++) {
      const from = Math.floor(row / inner) * count * inner + (row % inner);
      const end = from + count * inner;
      let m = -Infinity;
      for (let i = from; i < end; i += inner) m = Math.max(m, x[i]!);
      let sum = 0;
      for (let i = from; i < end; i += inner) sum += Math.exp(x[i]! - m);
      largest![row] = m;
      total![row] = sum;
    }
  },
  webgl: ({ x }, { axis }) => exponentialsWebgl(x, axis),
});

/** Each fragment goes along the axis twice, four values at a step. */
function exponentialsWebgl(x: Tensor, axis: number): TensorInfo[] | undefined {
  return onWorkbench((bench) => {
    if (bench.targets < 2) return undefined;
    const { count, inner } = partsAround(x.shape, axis);
    const { texture, plain } = readValues(bench, x);
    const results = [0, 1].map(() => bench.plain(collapsed(x.shape, axis)));
    const reader = inner === 1 ? fourOfRow : fourOfColumn;
    bench.run(
      `Exponentials ${plain ? 'plain' : 'dense'} ${inner === 1 ? 'along' : 'across'}`,
      () => ({
        inputs: ['X'],
        targets: 2,
        uniforms: { count: 'int', inner: 'int' },
        functions: [functionsUsed(masked + twoPasses), valuesOf('X', plain), reader, masked].join('\n'),
        main: twoPasses,
      }),
      results,
      [texture],
      { count, inner },
    );
    return results.map((result) => bench.give(result));
  });
}

const fourOfRow = 'vec4 read(int base, int k) { return spanX(base + k); }';

const fourOfColumn = `vec4 read(int base, int k) {
  ivec4 at = base + min(ivec4(k, k + 1, k + 2, k + 3), ivec4(count - 1)) * inner;
  return vec4(valueX(at.x), valueX(at.y), valueX(at.z), valueX(at.w));
}`;

const masked = `bvec4 inside(int k) { return lessThan(ivec4(k, k + 1, k + 2, k + 3), ivec4(count)); }
vec4 fourFrom(int base, int k) { return mix(vec4(-infinity()), read(base, k), inside(k)); }`;

const twoPasses = `  int outer = texel / inner;
  int base = outer * count * inner + (texel - outer * inner);
  vec4 most = vec4(-infinity());
  for (int k = 0; k < count; k += 4) most = larger(most, fourFrom(base, k));
  most = larger(most, most.zwxy);
  most = larger(most, most.yxwz);
  vec4 sum = vec4(0.0);
  for (int k = 0; k < count; k += 4) sum += mix(vec4(0.0), exponential(fourFrom(base, k) - most), inside(k));
  result0 = most;
  result1 = vec4(dot(sum, vec4(1.0)));`;
