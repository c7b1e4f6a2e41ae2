import { allFilled, alignRows, onWorkbench, packRows, repeat } from '@tessera/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { pooledShape, type PoolGeometry } from '../window/pool-geometry.js';

const windowUniforms = {
  inHeight: 'int',
  inWidth: 'int',
  outHeight: 'int',
  outWidth: 'int',
  texels: 'int',
} as const;

/** NaN wins over everything and stays; of equals the first one stays. */
const wins = 'bool wins(float x, float best) { return isnan(x) ? !isnan(best) : x > best; }';

const keyOf = ({ size, strides, pads, dilations }: PoolGeometry) =>
  [size, strides, pads, dilations].map((part) => part.join()).join(' ');

/** What holds for places of the result: its own place, and a walk over the taps of its window inside the image. */
const walk = ({ size, strides, pads, dilations }: PoolGeometry, visit: string) => `
  int column = texel / texels;
  int map = texel - column * texels;
  int row = column / outWidth;
  column = (column - row * outWidth) * ${strides[1]} - ${pads[2]};
  int image = row / outHeight;
  row = (row - image * outHeight) * ${strides[0]} - ${pads[0]};
  vec4 best = vec4(uintBitsToFloat(0xff800000u));
  vec4 first = vec4(-1.0);
${repeat(size[0] * size[1], (tap) => {
  const [i, j] = [Math.floor(tap / size[1]) * dilations[0], (tap % size[1]) * dilations[1]];
  const inside = pads.some((pad) => pad > 0)
    ? `if (row + ${i} >= 0 && row + ${i} < inHeight && column + ${j} >= 0 && column + ${j} < inWidth) `
    : '';
  return `  ${inside}{
    vec4 x = readX(((image * inHeight + row + ${i}) * inWidth + column + ${j}) * texels + map);
    ${repeat(4, (l) => `if (wins(x[${l}], best[${l}])) ${visit.replaceAll('LANE', String(l)).replaceAll('TAP', String(tap))}`, ' ')}
  }`;
})}`;

/** The largest value of each window, in one draw where maps fill whole texels. */
export function maxPoolLaunch(x: Tensor, geometry: PoolGeometry): TensorInfo | undefined {
  const shape = pooledShape(x.shape, geometry);
  if (!allFilled(x)) return undefined;
  return onWorkbench((bench) => {
    const image = alignRows(bench, bench.read(x), shape[3]!);
    const padded = bench.dense([...shape.slice(0, 3), image.texels * 4]);
    bench.run(
      `MaxPool2D ${keyOf(geometry)}`,
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: windowUniforms,
        functions: wins,
        main: `${walk(geometry, 'best[LANE] = x[LANE];')}\n  result0 = best;`,
      }),
      [padded],
      [image.block],
      sizes(x.shape, shape, image.texels),
    );
    return bench.give(packRows(bench, padded, shape));
  });
}

/** Marks the tap that each window takes its value from, then lets every pixel look at the windows that see it. */
export function maxPoolGradientLaunch(x: Tensor, g: Tensor, geometry: PoolGeometry): TensorInfo | undefined {
  const [, , , maps] = x.shape as [number, number, number, number];
  if (!allFilled(x, g)) return undefined;
  return onWorkbench((bench) => {
    const image = alignRows(bench, bench.read(x), maps);
    const grads = alignRows(bench, bench.read(g), maps);
    const uniforms = sizes(x.shape, g.shape, image.texels);
    const taken = bench.dense([...g.shape.slice(0, 3), image.texels * 4]);
    bench.run(
      `MaxPool2DTaken ${keyOf(geometry)}`,
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: windowUniforms,
        functions: wins,
        // A window of nothing but -Infinity takes its first tap.
        main: `${walk(geometry, '{ best[LANE] = x[LANE]; first[LANE] = TAP.0; } else if (first[LANE] < 0.0) first[LANE] = TAP.0;')}
  result0 = first;`,
      }),
      [taken],
      [image.block],
      uniforms,
    );
    const padded = bench.dense([...x.shape.slice(0, 3), image.texels * 4]);
    bench.run(
      `MaxPool2DGradient ${keyOf(geometry)}`,
      () => ({
        inputs: ['Taken', 'G'],
        targets: 1,
        uniforms: windowUniforms,
        main: `${spread(geometry)}
  result0 = sum;`,
      }),
      [padded],
      [taken, grads.block],
      uniforms,
    );
    return bench.give(packRows(bench, padded, x.shape));
  });
}

/** What a pixel gets from the windows that see it. */
function spread({ size, strides, pads, dilations }: PoolGeometry): string {
  const start = `
  int column = texel / texels;
  int map = texel - column * texels;
  int row = column / inWidth;
  column += ${pads[2]} - row * inWidth;
  int image = row / inHeight;
  row += ${pads[0]} - image * inHeight;
  vec4 sum = vec4(0.0);`;
  const collect = (window: string, tap: string) => `{
      int window = (${window}) * texels + map;
      vec4 tap = readTaken(window);
      vec4 g = readG(window);
      sum += mix(vec4(0.0), g, equal(tap, vec4(${tap})));
    }`;
  const apart = dilations.every((step) => step === 1) && size.every((length, axis) => length <= strides[axis]!);
  if (apart) {
    // Windows do not overlap: there is at most one, and a gap between them matches none of its taps.
    return `${start}
  int windowRow = row / ${strides[0]};
  int windowColumn = column / ${strides[1]};
  row -= windowRow * ${strides[0]};
  column -= windowColumn * ${strides[1]};
  if (windowRow < outHeight && windowColumn < outWidth && row < ${size[0]} && column < ${size[1]}) ${collect(
    '(image * outHeight + windowRow) * outWidth + windowColumn',
    `row * ${size[1]} + column`,
  )}`;
  }
  const distance = (from: string, tap: number, axis: 0 | 1) => `(${from} - ${tap * dilations[axis]})`;
  const meets = (at: string, stride: number, end: string) =>
    `${at} >= 0 && ${at} % ${stride} == 0 && ${at} / ${stride} < ${end}`;
  return `${start}
${repeat(size[0], (i) => {
  const rowAt = distance('row', i, 0);
  return `  if (${meets(rowAt, strides[0], 'outHeight')}) {
    int start = (image * outHeight + ${rowAt} / ${strides[0]}) * outWidth;
${repeat(size[1], (j) => {
  const at = distance('column', j, 1);
  return `    if (${meets(at, strides[1], 'outWidth')}) ${collect(`start + ${at} / ${strides[1]}`, `${i * size[1] + j}`)}`;
})}
  }`;
})}`;
}

function sizes(image: readonly number[], pooled: readonly number[], texels: number) {
  return { inHeight: image[1]!, inWidth: image[2]!, outHeight: pooled[1]!, outWidth: pooled[2]!, texels };
}
