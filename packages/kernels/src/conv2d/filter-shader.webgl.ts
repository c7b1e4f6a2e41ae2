import { repeat } from '../webgl/drawing/shader-text.js';
import type { TensorTexture } from '../webgl/drawing/workbench.js';
import type { Grouping } from './tile-shader.webgl.js';
import type { WindowGeometry } from './geometry.js';
import { imageReader } from './image-reader.webgl.js';

/** How the taps of a filter are dealt out to fragments. */
export interface Sums {
  /** Sums of one fragment. */
  layers: number;
  /** Fragments for the taps of a row of the filter. */
  groups: number;
  /** Fragments for the maps of the image. */
  texels: number;
  /** So many taps next to each other, so many maps of each; not where it is narrow. */
  together?: number;
  lanes?: 1 | 4;
  grouping?: Grouping;
  /** One fragment has all taps of a row, and all of their maps, which share texels. */
  narrow?: { taps: number; maps: number };
}

interface Image {
  texture: TensorTexture;
  height: number;
  /** Pixels in a row. */
  width: number;
  /** Texels in a row. */
  rowTexels: number;
  taps: readonly [number, number];
  geometry: WindowGeometry;
}

interface Gradient {
  texture: TensorTexture;
  height: number;
  width: number;
  texels: number;
}

/** Rows up to this long are written out pixel by pixel: a rolled loop is twice as slow on SwiftShader. */
export const LONGEST_UNROLLED = 32;

/** The loops of a fragment of the filter gradient: `rest` and `split` say what it sums, over rows of the batch. */
export function filterShader(image: Image, dy: Gradient, sums: Sums) {
  const [kh, kw] = image.taps;
  const { strides, pads, dilations } = image.geometry;
  const { narrow, together = 1, lanes = 4, grouping = 'all' } = sums;
  const chunk = chunkOf(dy.width);
  const whole = dy.width % chunk === 0;
  const lastChunk = (Math.ceil(dy.width / chunk) - 1) * chunk;
  const x = imageReader(image, 'X', {
    height: 'inHeight',
    rowTexels: 'inRowTexels',
  });
  const gradient = imageReader({ ...dy, rowTexels: dy.width * dy.texels }, 'Dy', {
    height: 'outHeight',
    rowTexels: 'outRowTexels',
  });
  const paddedRows = pads[0] > 0 || pads[1] > 0;
  const paddedColumns = pads[2] > 0 || pads[3] > 0;
  const key = [
    ...[kh, kw, together, sums.groups, strides, dilations, pads[0], pads[2], paddedRows, paddedColumns],
    ...[dy.width, image.width, x.key, gradient.key, narrow ? `narrow ${narrow.maps}` : grouping],
  ].join(' ');
  // A constant where the row is written out whole.
  const columnOf = (u: number) => (chunk === dy.width ? String(u) : `(column + ${u})`);
  const xTexel = {
    all: 'inMap',
    groups: 'over(outMap, groupMaps) * inTexels + inMap',
    depthwise: 'outMap',
  }[grouping];
  const readDy = (u: number) => {
    const read = gradient.read('dyAt', columnOf(u), 'outTexels');
    return `vec4 dy = ${read};${whole ? '' : ` dy = ${columnOf(u)} < ${dy.width} ? dy : vec4(0.0);`}`;
  };

  return {
    key,
    uniforms: {
      inHeight: 'int',
      inTexels: 'int',
      inRowTexels: 'int',
      pixelTexels: 'int',
      groupMaps: 'int',
      outHeight: 'int',
      outTexels: 'int',
      outRowTexels: 'int',
      fragments: 'int',
      rows: 'int',
      share: 'int',
    } as const,
    sizes: {
      inHeight: image.height,
      inTexels: sums.texels,
      inRowTexels: image.rowTexels,
      pixelTexels: image.rowTexels / image.width,
      outHeight: dy.height,
      outRowTexels: dy.width * dy.texels,
    },
    main: () => `
  int outMap = rest;
  rest = over(rest, outTexels);
  outMap -= rest * outTexels;
  int inMap = rest;
  rest = over(rest, inTexels);
  inMap -= rest * inTexels;
  int tapRow = over(rest, ${sums.groups});
  int tapColumn = (rest - tapRow * ${sums.groups}) * ${together};
  int first = tapColumn * ${dilations[1]} - ${pads[2]};
  ${repeat(sums.layers, (i) => `vec4 sum${i} = vec4(0.0);`, ' ')}
  int row = split * share;
  int end = min(row + share, rows);
  int image = row / outHeight;
  int line = row - image * outHeight;
  for (; row < end; row++) {
    int from = line * ${strides[0]} + tapRow * ${dilations[0]} - ${pads[0]};
    ${paddedRows ? `bool seen = from >= 0 && from < inHeight; from = clamp(from, 0, inHeight - 1);` : ''}
    ${x.position('xAt', 'image', 'from', narrow ? '0' : `first * pixelTexels + ${xTexel}`)}
    ${gradient.position('dyAt', 'image', 'line', 'outMap')}
    ${paddedRows ? 'if (seen) {' : '{'}
${narrow ? narrowRow() : chunk === dy.width ? pixels() : `for (int column = 0; column < ${dy.width}; column += ${chunk}) {\n${pixels()}\n}`}
    }
    if (++line == outHeight) { line = 0; image++; }
  }`,
  };

  /** A pixel of dy meets several of x, and the next pixel some of them again: each is read once. */
  function pixels(): string {
    const known = new Set<number>();
    const read = (offset: number): string => {
      if (known.has(offset)) return '';
      known.add(offset);
      const steps = chunk === dy.width ? String(offset) : `(column * ${strides[1]} + ${offset})`;
      const reach = offset + (sums.groups - 1) * together * dilations[1] - pads[2] + lastChunk * strides[1];
      const guards = [
        ...(paddedColumns && offset < pads[2] ? [`first + ${steps} >= 0`] : []),
        ...((paddedColumns || !whole) && reach >= image.width ? [`first + ${steps} < ${image.width}`] : []),
      ];
      const name = `x${offset}`;
      return `vec4 ${name} = ${x.read('xAt', steps, 'pixelTexels')};${guards.length ? ` ${name} = ${guards.join(' && ')} ? ${name} : vec4(0.0);` : ''}`;
    };
    const products = (t: number, offset: number) =>
      lanes === 1 ? `sum${t} += x${offset} * dy;` : repeat(4, (z) => `sum${t * 4 + z} += x${offset}[${z}] * dy;`, ' ');
    return repeat(chunk, (u) => {
      const offsets = Array.from({ length: together }, (_, t) => u * strides[1] + t * dilations[1]);
      return `${offsets.map(read).join(' ')}
      {
        ${readDy(u)}
        ${offsets.map((offset, t) => products(t, offset)).join('\n        ')}
      }`;
    });
  }

  /** All values of a row of the image are at hand; a pixel of dy meets each tap and map in one of them. */
  function narrowRow(): string {
    const { taps, maps } = narrow!;
    const products = (u: number) =>
      repeat(
        taps * maps,
        (i) => {
          const column = u * strides[1] + Math.floor(i / maps) * dilations[1] - pads[2];
          if (column < 0 || column >= image.width) return '';
          const value = column * maps + (i % maps);
          return `sum${i} += x${value >> 2}[${value & 3}] * dy;`;
        },
        ' ',
      );
    return `${repeat(image.rowTexels, (t) => `vec4 x${t} = ${x.read('xAt', String(t))};`, ' ')}
${repeat(chunk, (u) => `{ ${readDy(u)} ${products(u)} }`)}`;
  }
}

/** How many pixels of a row are written out: all, or a part that leaves nothing over, or few with a check. */
function chunkOf(width: number): number {
  if (width <= LONGEST_UNROLLED) return width;
  for (let chunk = LONGEST_UNROLLED; chunk >= 4; chunk--) if (width % chunk === 0) return chunk;
  return 8;
}
