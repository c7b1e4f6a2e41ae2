import { util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { alignRows } from '../webgl/rows.js';
import { allFilled, onWorkbench, type Block, type Workbench } from '../webgl/workbench.js';

/** So few terms are added by one fragment; of more, each adds the square root, so that two draws are enough. */
const TERMS = 64;

/**
 * Sums over all axes but the innermost ones, as gradients of biases want them: partial sums of many rows,
 * then their sum. Other axes are left to tfjs.
 */
export function sumWebgl(
  { x }: { x: Tensor },
  { axes }: { axes: readonly number[] },
  shape: readonly number[],
): TensorInfo | undefined {
  const outer = util.sizeFromShape(x.shape.slice(0, axes.length));
  const columns = x.size / outer;
  const leading = axes.every((axis, i) => axis === i);
  if (!leading || columns === 1 || outer === 1 || !allFilled(x)) return undefined;
  return onWorkbench((bench) => {
    const rows = alignRows(bench, bench.read(x), columns);
    const total = sumRows(bench, rows.block, outer, rows.texels);
    if (columns % 4 !== 0) return bench.give(bench.plainFrom(total, shape));
    return bench.give({ ...total, info: { ...total.info, shape: [...shape] } });
  });
}

/** One row of `texels` out of `count` of them. */
export function sumRows(bench: Workbench, block: Block, count: number, texels: number): Block {
  let [rows, left] = [block, count];
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
