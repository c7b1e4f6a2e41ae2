import { allFilled, onWorkbench, packRows, repeat } from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { pooledShape, type PoolGeometry } from '../window/pool-geometry.js';
import {
  forEachTap,
  forEachWindowOver,
  imagesIn,
  newImages,
  overlap,
  pixelOf,
  positionIn,
  readImages,
  windowKey,
} from '../window/window.webgl.js';

/** NaN wins over everything and stays; of equals the first one stays. */
const wins = `bvec4 wins(vec4 x, vec4 best) {
  return bvec4((uvec4(greaterThan(x, best)) | uvec4(isnan(x))) & (uvec4(1u) - uvec4(isnan(best))));
}`;

/** The largest value of each window; where `kept`, also the tap it stands at, in maps filled up to whole texels. */
export function maxPoolLaunch(x: Tensor, geometry: PoolGeometry, kept: boolean): TensorInfo[] | undefined {
  if (!allFilled(x)) return undefined;
  const { strides, pads } = geometry;
  const shape = pooledShape(x.shape, geometry);
  return onWorkbench((bench) => {
    const images = readImages(bench, x, overlap(geometry));
    const outputs = Array.from({ length: kept ? 2 : 1 }, () => newImages(bench, shape, images.texels));
    const take = kept
      ? // The first tap inside the image is taken whatever it holds: -Infinity may be all there is.
        'bvec4 w = bvec4(uvec4(wins(x, best)) | uvec4(lessThan(taken, vec4(0.0)))); best = mix(best, x, w); taken = mix(taken, vec4(TAP), w);'
      : 'best = mix(best, x, wins(x, best));';
    bench.run(
      `MaxPool2D ${windowKey(geometry)} ${images.form} ${outputs[0]!.form} ${kept ? 'kept' : ''}`,
      () => ({
        inputs: ['X'],
        targets: outputs.length,
        uniforms: { xHeight: 'int', xWidth: 'int', outHeight: 'int', outWidth: 'int', texels: 'int' },
        functions: wins,
        main: `${positionIn(outputs[0]!, 'outHeight', 'outWidth')}
  int top = row * ${strides[0]} - ${pads[0]}, left = column * ${strides[1]} - ${pads[2]};
  vec4 best = vec4(uintBitsToFloat(0xff800000u));
  vec4 taken = vec4(-1.0);
${forEachTap(
  geometry,
  (row, column, tap) => `vec4 x = ${pixelOf(images, 'X', ['image', row, column])}; ${take.replaceAll('TAP', tap)}`,
)}
  ${repeat(outputs.length, (i) => `result${i} = ${['best', 'taken'][i]};`, ' ')}`,
      }),
      outputs.map(({ texture }) => texture),
      [images.texture],
      {
        xHeight: images.height,
        xWidth: images.width,
        outHeight: shape[1]!,
        outWidth: shape[2]!,
        texels: images.texels,
      },
    );
    const y = bench.give(packRows(bench, outputs[0]!.texture, shape));
    return kept ? [y, bench.give(outputs[1]!.texture)] : [y];
  });
}

/** What each pixel gets from the windows that took it. */
export function maxPoolGradientLaunch(
  { taken, g }: { taken: Tensor; g: Tensor },
  geometry: PoolGeometry,
  shape: readonly number[],
): TensorInfo | undefined {
  if (!allFilled(taken, g) || geometry.dilations.some((dilation) => dilation > 1)) return undefined;
  return onWorkbench((bench) => {
    const grads = readImages(bench, g);
    const takes = imagesIn(bench.read(taken), g.shape, grads.texels);
    const output = newImages(bench, shape, grads.texels);
    const at = ['image', 'windowRow', 'windowColumn'];
    bench.run(
      `MaxPool2DGradient ${windowKey(geometry)} ${grads.form} ${takes.form} ${output.form}`,
      () => ({
        inputs: ['G', 'Taken'],
        targets: 1,
        uniforms: { gHeight: 'int', gWidth: 'int', outHeight: 'int', outWidth: 'int', texels: 'int' },
        functions: '#define takenHeight gHeight\n#define takenWidth gWidth',
        main: `${positionIn(output, 'outHeight', 'outWidth')}
  vec4 sum = vec4(0.0);
${forEachWindowOver(
  geometry,
  `vec4 g = ${pixelOf(grads, 'G', at)};
      vec4 taken = ${pixelOf(takes, 'Taken', at)};
      sum += mix(vec4(0.0), g, equal(taken, vec4(tapRow * ${geometry.size[1]} + tapColumn)));`,
)}
  result0 = sum;`,
      }),
      [output.texture],
      [grads.texture, takes.texture],
      {
        gHeight: grads.height,
        gWidth: grads.width,
        outHeight: shape[1]!,
        outWidth: shape[2]!,
        texels: grads.texels,
      },
    );
    return bench.give(packRows(bench, output.texture, shape));
  });
}

/** What each window sees of u at the tap that it took. */
export function maxPoolGatherLaunch(
  { taken, u }: { taken: Tensor; u: Tensor },
  geometry: PoolGeometry,
): TensorInfo | undefined {
  if (!allFilled(taken, u)) return undefined;
  const { strides, pads } = geometry;
  const shape = pooledShape(u.shape, geometry);
  return onWorkbench((bench) => {
    const images = readImages(bench, u);
    const takes = imagesIn(bench.read(taken), shape, images.texels);
    const output = newImages(bench, shape, images.texels);
    bench.run(
      `MaxPool2DGather ${windowKey(geometry)} ${images.form} ${takes.form} ${output.form}`,
      () => ({
        inputs: ['X', 'Taken'],
        targets: 1,
        uniforms: { xHeight: 'int', xWidth: 'int', outHeight: 'int', outWidth: 'int', texels: 'int' },
        functions: '#define takenHeight outHeight\n#define takenWidth outWidth',
        main: `${positionIn(output, 'outHeight', 'outWidth')}
  int top = row * ${strides[0]} - ${pads[0]}, left = column * ${strides[1]} - ${pads[2]};
  vec4 taken = ${pixelOf(takes, 'Taken', ['image', 'row', 'column'])};
  vec4 gathered = vec4(0.0);
${forEachTap(geometry, (row, column, tap) => {
  const u = pixelOf(images, 'X', ['image', row, column]);
  return `vec4 u = ${u}; gathered = mix(gathered, u, equal(taken, vec4(${tap})));`;
})}
  result0 = gathered;`,
      }),
      [output.texture],
      [images.texture, takes.texture],
      {
        xHeight: images.height,
        xWidth: images.width,
        outHeight: shape[1]!,
        outWidth: shape[2]!,
        texels: images.texels,
      },
    );
    return bench.give(packRows(bench, output.texture, shape));
  });
}
