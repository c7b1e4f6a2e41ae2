import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/launcher.js';
import { alignRows, pickOf } from '../webgl/rows.js';
import { allFilled, onWorkbench, type Block, type Workbench } from '../webgl/workbench.js';
import type { WindowGeometry } from './geometry.js';
import { unfold } from './unfold.webgl.js';

/** About as many fragments keep all parts of a machine busy; fewer sums to add up afterwards are better. */
const FRAGMENTS = 8192;
/** More partial sums than this cost more digits than they save time. */
const MOST_SPLITS = 256;
/** Rows up to this long are written out pixel by pixel: a rolled loop is twice as slow on SwiftShader. */
const LONGEST_UNROLLED = 32;

/**
 * The filter gradient: a fragment collects a texel of dy times four maps of x, for one or two taps next to each other,
 * over a share of all rows of the batch. A second draw adds the shares and puts the taps in order.
 */
export function conv2dFilterGradientWebgl(
  x: Tensor,
  dy: Tensor,
  { filterShape, ...geometry }: WindowGeometry & { filterShape: readonly number[] },
): TensorInfo | undefined {
  if (!allFilled(x, dy)) return undefined;
  return onWorkbench((bench) => {
    const image = unfold(bench, x, filterShape, geometry);
    const [kh, kw, maps, outMaps] = image.filterShape;
    const [batch, outHeight, outWidth] = dy.shape as [number, number, number];
    const gradient = alignRows(bench, bench.read(dy), outMaps);
    const inTexels = Math.ceil(maps / 4);
    const together = kw === 1 ? 1 : bench.targets / 4;
    const groups = Math.ceil(kw / together);
    const places = kh * groups * inTexels * gradient.texels;
    const rows = batch * outHeight;
    const share = Math.ceil(rows / Math.min(MOST_SPLITS, Math.max(1, Math.ceil(FRAGMENTS / places))));
    const splits = Math.ceil(rows / share);
    const parts = bench.texels(splits * places, together * 4);
    const { strides, pads, dilations } = image.geometry;
    const padded = pads[2] > 0 || pads[3] > 0;
    const chunk = chunkOf(outWidth);
    const aligned = {
      x: image.block.width % (image.width * inTexels) === 0,
      dy: gradient.block.width % (outWidth * gradient.texels) === 0,
    };
    const form = [kh, kw, together, strides, dilations, pads[0], pads[2], padded, outWidth, aligned.x, aligned.dy];
    bench.run(
      `Conv2DFilterGradient ${form.map(String).join(' ')}`,
      () => ({
        inputs: ['X', 'Dy'],
        targets: parts.length,
        uniforms: {
          inHeight: 'int',
          inWidth: 'int',
          inTexels: 'int',
          outHeight: 'int',
          outTexels: 'int',
          rows: 'int',
          share: 'int',
        },
        main: `
  int rest = texel / outTexels;
  int outMap = texel - rest * outTexels;
  int inMap = rest % inTexels;
  rest /= inTexels;
  int tapColumn = (rest % ${groups}) * ${together};
  rest /= ${groups};
  int tapRow = rest % ${kh};
  int split = rest / ${kh};
  ${repeat(parts.length, (i) => `vec4 sum${i} = vec4(0.0);`, ' ')}
  Stride xStride = strideX(inTexels);
  Stride dyStride = strideDy(outTexels);
  int end = min((split + 1) * share, rows);
  for (int row = split * share; row < end; row++) {
    int image = row / outHeight;
    int from = (row - image * outHeight) * ${strides[0]} + tapRow * ${dilations[0]} - ${pads[0]};
    if (from < 0 || from >= inHeight) continue;
    int xStart = (image * inHeight + from) * inWidth * inTexels + inMap;
    int dyStart = row * ${outWidth} * outTexels + outMap;
    int first = tapColumn * ${dilations[1]} - ${pads[2]};
    ${aligned.x ? 'int xLine = xStart / XSize.x; Spot xSpot = spotX(xStart + first * inTexels - xLine * XSize.x, xLine);' : ''}
    ${aligned.dy ? 'int dyLine = dyStart / DySize.x; Spot dySpot = spotDy(dyStart - dyLine * DySize.x, dyLine);' : ''}
    for (int column = 0; column < ${outWidth}; column += ${chunk}) {
${repeat(chunk, (u) => pixel(u))}
    }
  }
${repeat(parts.length, (i) => `  result${i} = sum${i};`)}`,
      }),
      parts,
      [image.block, gradient.block],
      {
        inHeight: image.height,
        inWidth: image.width,
        inTexels,
        outHeight,
        outTexels: gradient.texels,
        rows,
        share,
      },
    );
    const sizes = { maps, outMaps, inTexels, outTexels: gradient.texels, splits, places };
    return bench.give(total(bench, parts, filterShape, sizes, { kw, together, groups }));

    function pixel(u: number): string {
      const whole = outWidth % chunk === 0;
      // A constant where the row is written out whole.
      const column = chunk === outWidth ? String(u) : `(column + ${u})`;
      const dyRead = aligned.dy ? `peekDy(dySpot, dyStride, ${column})` : `readDy(dyStart + ${column} * outTexels)`;
      const taps = repeat(
        together,
        (t) => {
          const steps = `${column} * ${strides[1]} + ${t * dilations[1]}`;
          const read = aligned.x ? `peekX(xSpot, xStride, ${steps})` : `readX(xStart + at${t} * inTexels)`;
          const guards = [
            ...(whole ? [] : [`${column} < ${outWidth}`]),
            ...(padded ? [`at${t} >= 0`, `at${t} < inWidth`] : []),
          ];
          return `int at${t} = first + ${steps};
        vec4 x${t} = ${read};${guards.length ? ` x${t} = ${guards.join(' && ')} ? x${t} : vec4(0.0);` : ''}
        ${repeat(4, (z) => `sum${t * 4 + z} += x${t}[${z}] * dy;`, ' ')}`;
        },
        '\n        ',
      );
      return `      {
        vec4 dy = ${dyRead};${whole ? '' : ` dy = ${column} < ${outWidth} ? dy : vec4(0.0);`}
        ${taps}
      }`;
    }
  });
}

/** How many pixels of a row are written out: all, or a part that leaves nothing over, or few with a check. */
function chunkOf(width: number): number {
  if (width <= LONGEST_UNROLLED) return width;
  for (let chunk = LONGEST_UNROLLED; chunk >= 4; chunk--) if (width % chunk === 0) return chunk;
  return 8;
}

function total(
  bench: Workbench,
  parts: Block[],
  shape: readonly number[],
  sizes: Record<'maps' | 'outMaps' | 'inTexels' | 'outTexels' | 'splits' | 'places', number>,
  { kw, together, groups }: { kw: number; together: number; groups: number },
): Block {
  const result = bench.dense(shape);
  const names = parts.map((_, i) => `Part${i}`);
  const filled = sizes.outMaps % 4 === 0;
  const sum = `vec4 total(int row, int outMap) {
  int tap = row / maps;
  int map = row - tap * maps;
  int tapRow = tap / ${kw};
  int tapColumn = tap - tapRow * ${kw};
  int group = tapColumn / ${together};
  int which = (tapColumn - group * ${together}) * 4 + (map & 3);
  int at = ((tapRow * ${groups} + group) * inTexels + (map >> 2)) * outTexels + outMap;
  vec4 sum = vec4(0.0);
  for (int split = 0; split < splits; split++) sum += pick(which, split * places + at);
  return sum;
}
float lane(int i) {
  int row = i / outMaps;
  int map = i - row * outMaps;
  return total(row, map >> 2)[map & 3];
}`;
  bench.run(
    `Conv2DFilterGradientTotal ${kw} ${together} ${parts.length} ${filled ? 'filled' : 'lanes'}`,
    () => ({
      inputs: names,
      targets: 1,
      uniforms: { maps: 'int', outMaps: 'int', inTexels: 'int', outTexels: 'int', splits: 'int', places: 'int' },
      functions: `${pickOf(names)}\n${sum}`,
      main: filled
        ? 'int row = texel / outTexels; result0 = total(row, texel - row * outTexels);'
        : `result0 = vec4(${repeat(4, (l) => `lane(texel * 4 + ${l})`, ', ')});`,
    }),
    [result],
    parts,
    sizes,
  );
  return result;
}
