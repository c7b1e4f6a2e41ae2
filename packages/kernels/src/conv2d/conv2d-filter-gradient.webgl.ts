import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/drawing/shader-text.js';
import { alignRows } from '../webgl/textures/aligned-rows.js';
import type { LayeredTexture } from '../webgl/textures/texture.js';
import { allFilled, onWorkbench, type TensorTexture, type Workbench } from '../webgl/drawing/workbench.js';
import { filterShader, LONGEST_UNROLLED, type Sums } from './filter-shader.webgl.js';
import { groupingOf } from './tile-shader.webgl.js';
import type { ConvGeometry } from './geometry.js';
import { isNarrow, readNarrow } from './few-maps.webgl.js';
import { imageOf, unfold } from './rows-as-maps.webgl.js';
import { imageShape } from '../shapes.js';

/** About as many fragments keep all parts of a machine busy; fewer sums to add up afterwards are better. */
const FRAGMENTS = 8192;
/** More partial sums than this cost more digits than they save time. */
const MOST_SPLITS = 256;

/**
 * The filter gradient: a fragment collects a texel of dy times as many values of x as there are layers, over a share of
 * all rows of the batch. A second draw adds the shares and puts the taps in order.
 */
export function conv2dFilterGradientWebgl(
  x: Tensor,
  dy: Tensor,
  { filterShape, groups, ...geometry }: ConvGeometry & { filterShape: readonly number[] },
): TensorInfo | undefined {
  const grouping = groupingOf(groups, x.shape[3]!, filterShape[3]!);
  if (!grouping || !allFilled(x, dy)) return undefined;
  return onWorkbench((bench) => {
    const [batch, outHeight, outWidth, outMaps] = imageShape(dy.shape);
    const [, kw, fewMaps] = imageShape(filterShape);
    const narrow = groups === 1 && isNarrow(x.shape) && outWidth <= LONGEST_UNROLLED && kw * fewMaps <= bench.targets;
    const read = narrow ? readNarrow : groups === 1 ? unfold : imageOf;
    const image = read(bench, x, filterShape, geometry);
    const [kh, columns, maps] = image.filterShape;
    const gradient = alignRows(bench, bench.read(dy), outMaps);
    const depthwise = grouping === 'depthwise';
    const lanes = depthwise ? 1 : 4;
    const together = Math.min(columns, bench.targets / lanes);
    const sums: Sums = narrow
      ? { layers: columns * maps, groups: 1, texels: 1, narrow: { taps: columns, maps } }
      : {
          layers: together * lanes,
          groups: Math.ceil(columns / together),
          texels: Math.ceil(maps / 4),
          together,
          lanes,
          grouping,
        };
    const rows = batch * outHeight;
    const fragments = kh * sums.groups * sums.texels * gradient.texels;
    const share = Math.ceil(rows / Math.min(MOST_SPLITS, Math.max(1, Math.ceil(FRAGMENTS / fragments))));
    const splits = Math.ceil(rows / share);
    const parts = bench.layered(splits, fragments, sums.layers);
    const shader = filterShader(
      { ...image, taps: [kh, columns] },
      { texture: gradient.texture, height: outHeight, width: outWidth, texels: gradient.texels },
      sums,
    );
    const sizes = { outTexels: gradient.texels, fragments };
    bench.run(
      `Conv2DFilterGradient ${shader.key} ${parts.exact}`,
      () => ({
        inputs: ['X', 'Dy'],
        targets: parts.layers,
        uniforms: shader.uniforms,
        main: `
  ${
    parts.exact
      ? 'int rest = position.x; int split = position.y;'
      : 'int split = texel / fragments; int rest = texel - split * fragments;'
  }
${shader.main()}
${repeat(parts.layers, (i) => `  result${i} = sum${i};`)}`,
      }),
      parts,
      [image.texture, gradient.texture],
      { ...shader.sizes, ...sizes, rows, share, groupMaps: gradient.texels / groups },
    );
    return bench.give(total(bench, parts, filterShape, sums, [kh, columns, maps], { ...sizes, splits, outMaps }));
  });
}

function total(
  bench: Workbench,
  parts: LayeredTexture,
  shape: readonly number[],
  { groups, texels, narrow, together = 1, lanes = 1 }: Sums,
  [, kw, maps]: readonly [number, number, number],
  sizes: Record<'outMaps' | 'outTexels' | 'splits' | 'fragments', number>,
): TensorTexture {
  const result = bench.dense(shape);
  const filled = sizes.outMaps % 4 === 0;
  const where = narrow
    ? `int which = tapColumn * maps + map; int at = tapRow * outTexels + outMap;`
    : `int group = over(tapColumn, ${together});
  int which = (tapColumn - group * ${together}) * ${lanes} + (map & ${lanes - 1});
  int at = ((tapRow * ${groups} + group) * inTexels + (map >> 2)) * outTexels + outMap;`;
  // Nested, for a long chain of sums loses digits.
  const sum = `vec4 total(int row, int outMap) {
  int tap = row / maps;
  int map = row - tap * maps;
  int tapRow = over(tap, ${kw});
  int tapColumn = tap - tapRow * ${kw};
  ${where}
  vec4 sum = vec4(0.0);
  for (int split = 0; split < splits; split += 16) {
    vec4 part = vec4(0.0);
    int end = min(split + 16, splits);
    for (int i = split; i < end; i++) part += readParts(which, i * fragments + at);
    sum += part;
  }
  return sum;
}
float lane(int i) {
  int row = i / outMaps;
  int map = i - row * outMaps;
  return total(row, map >> 2)[map & 3];
}`;
  bench.run(
    `Conv2DFilterGradientTotal ${kw} ${groups} ${together} ${lanes} ${narrow ? 'narrow' : ''} ${filled ? 'filled' : 'lanes'}`,
    () => ({
      inputs: ['Parts[]'],
      targets: 1,
      uniforms: { maps: 'int', outMaps: 'int', inTexels: 'int', outTexels: 'int', splits: 'int', fragments: 'int' },
      functions: sum,
      main: filled
        ? 'int row = texel / outTexels; result0 = total(row, texel - row * outTexels);'
        : `result0 = vec4(${repeat(4, (l) => `lane(texel * 4 + ${l})`, ', ')});`,
    }),
    [result],
    [parts],
    { ...sizes, maps: maps, inTexels: texels },
  );
  return result;
}
