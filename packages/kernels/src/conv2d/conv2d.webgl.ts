import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../webgl/launcher.js';
import { alignRows, pickOf, valueOf } from '../webgl/rows.js';
import { allFilled, onWorkbench, type Block, type Workbench } from '../webgl/workbench.js';
import { blockOf, slideOf, type Slide } from './slide.webgl.js';
import type { WindowGeometry } from './geometry.js';
import { unfold } from './unfold.webgl.js';

/**
 * Convolution with a fragment for a block of neighbouring pixels and four maps: one read of the filter serves the whole
 * block, one read of the image all taps that see it. A second draw puts the pixels in order and adds the bias.
 */
export function conv2dWebgl(
  { x, filter, bias }: { x: Tensor; filter: Tensor; bias: Tensor | undefined },
  geometry: WindowGeometry,
  shape: number[],
): TensorInfo | undefined {
  if (!allFilled(x, filter) || shape.some((size) => size < 1)) return undefined;
  return onWorkbench((bench) => {
    const image = unfold(bench, x, filter.shape, geometry);
    const [kh, kw, inMaps, outMaps] = image.filterShape;
    const taps = alignRows(bench, bench.read(filter), outMaps);
    const slide = slideOf({ ...image.geometry, kernel: [kh, kw], gradient: false });
    const window = {
      slide,
      from: { block: image.block, height: image.height, width: image.width, texels: Math.ceil(inMaps / 4) },
      to: { shape, texels: taps.texels },
      filter: { block: taps.block, maps: inMaps, texels: taps.texels },
      flipped: false,
    };
    return bench.give(convolve(bench, window, bias && bench.read(bias)));
  });
}

/** The gradient in the image: the same walk over dy, with the maps of the filter exchanged and its taps turned around. */
export function conv2dInputGradientWebgl(
  dy: Tensor,
  filter: Tensor,
  { inputShape, ...geometry }: WindowGeometry & { inputShape: readonly number[] },
): TensorInfo | undefined {
  const [kh, kw, inMaps, outMaps] = filter.shape as [number, number, number, number];
  // A block of pixels must span a whole stride, so that each tap either meets a pixel of every block or of none.
  if (!allFilled(dy, filter) || geometry.strides[1] > HARDWARE_BLOCK) return undefined;
  return onWorkbench((bench) => {
    const gradient = alignRows(bench, bench.read(dy), outMaps);
    const taps = alignRows(bench, bench.read(filter), outMaps);
    const slide = slideOf({ ...geometry, kernel: [kh, kw], gradient: true });
    const window = {
      slide,
      from: { block: gradient.block, height: dy.shape[1]!, width: dy.shape[2]!, texels: gradient.texels },
      to: { shape: [...inputShape], texels: Math.ceil(inputShape[3]! / 4) },
      filter: { block: taps.block, maps: inMaps, texels: taps.texels },
      flipped: true,
    };
    return bench.give(convolve(bench, window, undefined));
  });
}

/** The fewest render targets a launcher has: what a block of pixels can count on. */
const HARDWARE_BLOCK = 4;

interface Walk {
  slide: Slide;
  from: { block: Block; height: number; width: number; texels: number };
  /** Shape of the result, and texels in one of its pixels. */
  to: { shape: readonly number[]; texels: number };
  /** Its values as a row of so many texels for each tap and map. */
  filter: { block: Block; maps: number; texels: number };
  /** The filter's last axis is what is summed over, instead of the one before. */
  flipped: boolean;
}

const uniforms = {
  inHeight: 'int',
  inWidth: 'int',
  inTexels: 'int',
  filterMaps: 'int',
  filterTexels: 'int',
  outTexels: 'int',
  blockRows: 'int',
  blockColumns: 'int',
} as const;

function convolve(bench: Workbench, walk: Walk, bias: Block | undefined): Block {
  const { slide, from, to, filter, flipped } = walk;
  const [batch, outHeight, outWidth, outMaps] = to.shape as [number, number, number, number];
  const block = blockOf(slide, [outHeight, outWidth], bench.targets);
  const [blockRows, blockColumns] = [Math.ceil(outHeight / block.rows), Math.ceil(outWidth / block.columns)];
  const parts = bench.texels(batch * blockRows * blockColumns * to.texels, block.rows * block.columns);
  const aligned = from.block.width % (from.width * from.texels) === 0;
  const filterAligned = filter.block.width % (filter.maps * filter.texels) === 0;
  const sizes = {
    inHeight: from.height,
    inWidth: from.width,
    inTexels: from.texels,
    filterMaps: filter.maps,
    filterTexels: filter.texels,
    outHeight,
    outWidth,
    outTexels: to.texels,
    outMaps,
    blockRows,
    blockColumns,
  };
  const rest = flipped ? 0 : filter.maps % 4;
  const key = `${slide.key} ${block.rows}x${block.columns} ${aligned ? 'aligned' : 'free'} ${filterAligned ? 'aligned' : 'free'} ${rest}`;
  bench.run(
    `Conv2D ${key}`,
    () => ({
      inputs: ['X', 'Filter'],
      targets: parts.length,
      uniforms,
      main: `
  int column = texel / outTexels;
  int map = texel - column * outTexels;
  int row = column / blockColumns;
  column -= row * blockColumns;
  int image = row / blockRows;
  row = (row - image * blockRows) * ${block.rows};
  ${repeat(parts.length, (i) => `vec4 sum${i} = vec4(0.0);`, ' ')}
  Stride xStride = strideX(inTexels);
  for (int i = 0; i < ${slide.kernel[0]}; i++) {
${repeat(
  block.rows,
  (p) => `    ${slide.rowOf('row', p, 'i', `seen${p}`, `from${p}`)}
    if (from${p} < 0 || from${p} >= inHeight) seen${p} = false;
    int start${p} = (image * inHeight + clamp(from${p}, 0, inHeight - 1)) * inWidth * inTexels;
    ${aligned ? `int line${p} = start${p} / XSize.x; start${p} -= line${p} * XSize.x;` : ''}`,
)}
    if (!(${repeat(block.rows, (p) => `seen${p}`, ' || ')})) continue;
    int first = column * ${slide.step(block.columns)};
    for (int k = 0; k < inTexels; k++) {
      ${aligned ? repeat(block.rows, (p) => `Spot spot${p} = spotX(start${p} + first * inTexels + k, line${p});`, ' ') : ''}
${reads(slide, block, aligned)}
${taps(slide, block, flipped, rest, filterAligned)}
    }
  }
${repeat(parts.length, (i) => `  result${i} = sum${i};`)}`,
    }),
    parts,
    [from.block, filter.block],
    sizes,
  );
  return inOrder(bench, parts, block, to.shape, sizes, bias);
}

/** Reads every pixel of the image that the block sees once. Outside the image there are zeros, selected. */
function reads(slide: Slide, block: { rows: number; columns: number }, aligned: boolean): string {
  return repeat(block.rows, (p) =>
    slide
      .offsets(block.columns)
      .map((offset, o) => {
        const read = aligned
          ? `peekX(spot${p}, xStride, ${offset})`
          : `readX(start${p} + (first + ${offset}) * inTexels + k)`;
        const inside = slide.padded ? ` && first + ${offset} >= 0 && first + ${offset} < inWidth` : '';
        // Read first, then selected: a read behind a condition is a branch, and SwiftShader takes seconds to compile many.
        return `      vec4 x${p}_${o} = ${read}; x${p}_${o} = seen${p}${inside} ? x${p}_${o} : vec4(0.0);`;
      })
      .join('\n'),
  );
}

function taps(
  slide: Slide,
  block: { rows: number; columns: number },
  flipped: boolean,
  rest: number,
  aligned: boolean,
): string {
  const offsets = slide.offsets(block.columns);
  return repeat(slide.kernel[1], (j) => {
    const products = repeat(
      block.rows * block.columns,
      (n) => {
        const [p, q] = [Math.floor(n / block.columns), n % block.columns];
        const offset = slide.offset(q, j);
        if (offset === undefined) return '';
        const x = `x${p}_${offsets.indexOf(offset)}`;
        return `sum${n} += ${flipped ? `${x} * tap` : `tap * ${x}`};`;
      },
      ' ',
    );
    if (products.trim() === '') return '';
    const read = (z: number) => {
      // Maps past the last one are never looked at, but reading them must not leave the filter.
      const step = flipped ? `min(${z}, filterMaps - 1 - map * 4)` : `${z}`;
      const at = `at + ${step} * filterTexels`;
      const value = aligned ? `fetchFilter(${at}, line)` : `readFilter(${at})`;
      return `vec4 row${z} = ${value};${rest && z >= rest ? ` row${z} = k == inTexels - 1 ? vec4(0.0) : row${z};` : ''}`;
    };
    const [map, texel] = flipped ? ['map', 'k'] : ['k', 'map'];
    return `      {
        int at = ((i * ${slide.kernel[1]} + ${j}) * filterMaps + ${map} * 4) * filterTexels + ${texel};
        ${aligned ? 'int line = at / FilterSize.x; at -= line * FilterSize.x;' : ''}
        ${repeat(4, read, ' ')}
        mat4 tap = mat4(row0, row1, row2, row3);
        ${products}
      }`;
  });
}

function inOrder(
  bench: Workbench,
  parts: Block[],
  block: { rows: number; columns: number },
  shape: readonly number[],
  sizes: Record<string, number>,
  bias: Block | undefined,
): Block {
  const filled = shape[3]! % 4 === 0;
  const result = bench.dense(shape);
  const names = parts.map((_, i) => `Part${i}`);
  const place = `vec4 pixel(int place, int map) {
  int row = place / outWidth;
  int column = place - row * outWidth;
  int image = row / outHeight;
  row -= image * outHeight;
  int blockRow = row / ${block.rows};
  int blockColumn = column / ${block.columns};
  return pick((row - blockRow * ${block.rows}) * ${block.columns} + column - blockColumn * ${block.columns},
    ((image * blockRows + blockRow) * blockColumns + blockColumn) * outTexels + map);
}`;
  const lane = `float lane(int i) {
  int place = i / outMaps;
  int map = i - place * outMaps;
  return pixel(place, map >> 2)[map & 3]${bias ? ' + valueBias(map)' : ''};
}`;
  bench.run(
    `Conv2DOrder ${block.rows}x${block.columns} ${filled ? 'filled' : 'lanes'} ${bias ? 'bias' : ''}`,
    () => ({
      inputs: [...names, ...(bias ? ['Bias'] : [])],
      targets: 1,
      uniforms: {
        outHeight: 'int',
        outWidth: 'int',
        outTexels: 'int',
        outMaps: 'int',
        blockRows: 'int',
        blockColumns: 'int',
      },
      functions: [pickOf(names), place, bias && !filled ? valueOf('Bias') : '', filled ? '' : lane].join('\n'),
      main: filled
        ? `
  int place4 = texel / outTexels;
  int map = texel - place4 * outTexels;
  result0 = pixel(place4, map)${bias ? ' + readBias(map)' : ''};`
        : `result0 = vec4(${repeat(4, (l) => `lane(texel * 4 + ${l})`, ', ')});`,
    }),
    [result],
    [...parts, ...(bias ? [bias] : [])],
    sizes,
  );
  return result;
}
