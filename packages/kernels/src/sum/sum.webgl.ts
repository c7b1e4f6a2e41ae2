import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { reduceLaunch } from '../webgl/reduce-launch.js';
import { reductionOf } from '../webgl/glsl/reduction.js';
import { allFilled, onWorkbench, type TensorTexture, type Workbench } from '../webgl/drawing/workbench.js';

/** So few terms are added by one fragment; of more, each adds the square root, so that two draws are enough. */
const TERMS = 64;

/** Sums over any axes, in two draws, or in one where there is little to sum up. */
export function sumWebgl(
  { x }: { x: Tensor },
  { axes }: { axes: readonly number[] },
  shape: readonly number[],
): TensorInfo | undefined {
  if (!allFilled(x)) return undefined;
  return onWorkbench((bench) => {
    const code = { name: 'Sum', inputs: ['x'], terms: ['x'] };
    return bench.give(reduceLaunch(bench, code, [x], reductionOf(x.shape, axes), shape)[0]!);
  });
}

/** One row of `texels` out of `count` of them. */
export function sumRows(bench: Workbench, texture: TensorTexture, count: number, texels: number): TensorTexture {
  let [rows, left] = [texture, count];
  do {
    const next = left <= TERMS ? 1 : Math.ceil(Math.sqrt(left));
    const sums = bench.dense([next, texels * 4], texels);
    bench.run(
      'SumRows',
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: { count: 'int', texels: 'int', sums: 'int' },
        main: `
  int first = texel / texels;
  int column = texel - first * texels;
  vec4 sum = vec4(0.0);
  for (int row = first; row < count; row += sums) sum += readX(row * texels + column);
  result0 = sum;`,
      }),
      [sums],
      [rows],
      { count: left, texels, sums: next },
    );
    [rows, left] = [sums, next];
  } while (left > 1);
  return rows;
}
