import { repeat } from '../webgl/drawing/shader-text.js';
import type { Tile } from '../webgl/textures/texture.js';
import type { TensorTexture } from '../webgl/drawing/workbench.js';
import { imageReader } from './image-reader.webgl.js';
import type { Slide } from './taps.webgl.js';

/** What a convolution goes over: from an image, through a filter, to a result. */
export interface Convolution {
  slide: Slide;
  from: { texture: TensorTexture; height: number; width: number; texels: number };
  /** Shape of the result, and texels in one of its pixels. */
  to: { shape: readonly number[]; texels: number };
  /** Its values as a row of so many texels for each tap and map. */
  filter: { texture: TensorTexture; maps: number; texels: number };
  /** The filter's last axis is what is summed over, instead of the one before. */
  flipped: boolean;
  /** How maps see each other: all of them, those of one of several groups in whole texels, or each only itself. */
  grouping: Grouping;
}

export type Grouping = 'all' | 'groups' | 'depthwise';

/** What `groups` are to these kernels; undefined when their maps do not fill whole texels. */
export function groupingOf(groups: number, maps: number, outMaps: number): Grouping | undefined {
  if (groups === 1) return 'all';
  if (groups === maps && groups === outMaps) return 'depthwise';
  return (maps / groups) % 4 === 0 && (outMaps / groups) % 4 === 0 ? 'groups' : undefined;
}

/** So many products of a matrix by a texel are written out. */
const MOST_PRODUCTS = 100;

/**
 * The loops of a fragment that sums a tile of pixels at (`image`, `row`, `column` of tiles), four maps from `map` on,
 * into `sum0` and so on, row by row. The key tells apart what is written differently.
 */
export function tileShader(convolution: Convolution, tile: Tile): { key: string; main: () => string } {
  const { slide, from, to, filter, flipped, grouping } = convolution;
  const images = { texture: from.texture, height: from.height, rowTexels: from.width * from.texels };
  const reader = imageReader(images, 'X', { height: 'inHeight', rowTexels: 'inRowTexels' });
  const filterRow = filter.maps * filter.texels;
  const filterLine =
    filter.texture.width === slide.kernel[1] * filterRow
      ? 'tapRow'
      : filter.texture.width === filterRow
        ? 'tap'
        : 'none';
  const depthwise = grouping === 'depthwise';
  const rest = depthwise ? 0 : filter.maps % 4;
  const offsets = slide.offsets(tile.columns);
  // Without padding only pixels past the edge of the result, which nobody reads, see what is not there.
  const lastFirst = (Math.ceil(to.shape[2]! / tile.columns) - 1) * slide.step(tile.columns);
  const outside = offsets.map((offset) => ({
    left: slide.padded && offset < 0,
    right: slide.padded && lastFirst + offset >= from.width,
  }));
  // What one row of the tile sees through a tap, the other sees through the next one: it is read once.
  const shares = tile.rows === 2 && slide.rowsFollow;
  const [fresh, former] = slide.gradient ? [0, 1] : [1, 0];

  // A rolled loop is slower on SwiftShader; long shaders take long to compile.
  const unrolled = !slide.skipsRows && slide.kernel[0] * slide.kernel[1] * tile.rows * tile.columns <= MOST_PRODUCTS;

  const key = [
    slide.key,
    grouping,
    `${tile.rows}x${tile.columns}`,
    reader.key,
    filterLine,
    rest,
    outside.map(({ left, right }) => Number(left) + 2 * Number(right)).join(''),
  ].join(' ');

  const rowAt = (p: number, tap: string): string => `
      ${slide.rowOf('row', p, tap, `seen${p}`, `from${p}`)}
      ${slide.paddedRows ? `if (from${p} < 0 || from${p} >= inHeight) seen${p} = false;` : ''}
      ${reader.position(`at${p}`, 'image', `clamp(from${p}, 0, inHeight - 1)`, 'first * inTexels + firstTexel + k')}`;

  // Read first, then selected: a read behind a condition is a branch, and SwiftShader takes seconds to compile many.
  const readRow = (p: number): string =>
    repeat(
      offsets.length,
      (o) => {
        const x = `x${p}_${o}`;
        const read = reader.read(`at${p}`, String(offsets[o]), 'inTexels');
        const guards = [
          ...(slide.paddedRows && tile.rows > 1 ? [`seen${p}`] : []),
          ...(outside[o]!.left ? [`first + (${offsets[o]}) >= 0`] : []),
          ...(outside[o]!.right ? [`first + (${offsets[o]}) < inWidth`] : []),
        ];
        return `${x} = ${read};${guards.length ? ` ${x} = ${guards.join(' && ')} ? ${x} : vec4(0.0);` : ''}`;
      },
      '\n      ',
    );

  const tap = (j: number): string => {
    const products = repeat(
      tile.rows * tile.columns,
      (n) => {
        const [p, q] = [Math.floor(n / tile.columns), n % tile.columns];
        const offset = slide.offset(q, j);
        if (offset === undefined) return '';
        const x = `x${p}_${offsets.indexOf(offset)}`;
        return `sum${n} += ${flipped ? `${x} * tap` : `tap * ${x}`};`;
      },
      ' ',
    );
    if (products.trim() === '') return '';
    const line = filterLine === 'tapRow' ? 'i' : `(i * ${slide.kernel[1]} + ${j})`;
    const read = (z: number) => {
      // Maps past the last one are never looked at, but reading them must not leave the filter.
      const step = flipped && rest ? `min(${z}, filterMaps - 1 - map * 4)` : String(z);
      const value =
        filterLine === 'none'
          ? `readFilter(${line} * filterMaps * filterTexels + filterAt + ${step} * filterTexels)`
          : `lookFilter(filterColumn${filterLine === 'tapRow' ? ` + tapStep * Coord(${j})` : ''} + mapStep * Coord(${step}), line)`;
      return `vec4 row${z} = ${value};${!flipped && rest && z >= rest ? ` row${z} = last ? vec4(0.0) : row${z};` : ''}`;
    };
    return `      {
        ${filterLine === 'none' ? '' : `Coord line = rowFilter(${line});`}
        ${repeat(depthwise ? 1 : 4, read, ' ')}
        ${depthwise ? 'vec4 tap = row0;' : 'mat4 tap = mat4(row0, row1, row2, row3);'}
        ${products}
      }`;
  };

  const summed = {
    all: 'int firstTexel = 0; int texels = inTexels;',
    groups: 'int group = over(map, groupMaps); int firstTexel = group * groupTexels; int texels = groupTexels;',
    depthwise: 'int firstTexel = map; int texels = 1;',
  }[grouping];
  const ownMap = grouping === 'groups' ? '(map - group * groupMaps)' : 'map';
  const filterAt = depthwise
    ? 'map'
    : flipped
      ? `${ownMap} * 4 * filterTexels + firstTexel + k`
      : 'k * 4 * filterTexels + map';

  const taps = () => repeat(slide.kernel[1], tap);
  const tapRow = (): string => {
    if (shares) {
      const moves = repeat(offsets.length, (o) => `x${former}_${o} = x${fresh}_${o};`, ' ');
      return [rowAt(fresh, 'i'), readRow(fresh), taps(), moves].join('\n      ');
    }
    const rows = repeat(tile.rows, (p) => rowAt(p, 'i'));
    const body = `${repeat(tile.rows, readRow)}\n${taps()}`;
    // A row that nobody sees is left out as a whole.
    const seen = repeat(tile.rows, (p) => `seen${p}`, ' || ');
    return slide.paddedRows || slide.skipsRows ? `${rows}\n      if (${seen}) {\n${body}\n      }` : `${rows}\n${body}`;
  };

  const main = () => `
  int inRowTexels = inWidth * inTexels;
  int first = column * ${slide.step(tile.columns)};
  Coord mapStep = acrossFilter(filterTexels);
  Coord tapStep = acrossFilter(filterMaps * filterTexels);
  ${summed}
  for (int k = 0; k < texels; k++) {
    int filterAt = ${filterAt};
    ${filterLine === 'none' ? '' : 'Coord filterColumn = columnFilter(filterAt);'}
    ${!flipped && rest ? 'bool last = k == texels - 1;' : ''}
    vec4 ${repeat(tile.rows * offsets.length, (n) => `x${Math.floor(n / offsets.length)}_${n % offsets.length}`, ', ')};
    ${shares ? `{${rowAt(former, '0')}\n      ${readRow(former)}\n    }` : ''}
    ${
      unrolled
        ? repeat(slide.kernel[0], (i) => `{ const int i = ${i}; ${tapRow()} }`)
        : `for (int i = 0; i < ${slide.kernel[0]}; i++) { ${tapRow()} }`
    }
  }`;
  return { key, main };
}
