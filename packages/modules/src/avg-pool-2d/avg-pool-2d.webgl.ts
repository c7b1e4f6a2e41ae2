import { allFilled, onWorkbench, packRows } from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { pooledShape, type PoolGeometry } from '../window/pool-geometry.js';
import {
  forEachTap,
  forEachWindowOver,
  newImages,
  overlap,
  pixelOf,
  positionIn,
  readImages,
  windowKey,
} from '../window/window.webgl.js';

interface Attrs extends PoolGeometry {
  includePad: boolean;
}

/** GLSL: how many values the mean of the window at (`top`, `left`) is over. */
const countIn = ({ size, includePad }: Attrs, height: string, width: string): string =>
  includePad
    ? `${size[0] * size[1]}.0`
    : `float((min(top + ${size[0]}, ${height}) - max(top, 0)) * (min(left + ${size[1]}, ${width}) - max(left, 0)))`;

/** The mean of each window, in one draw. */
export function avgPoolLaunch({ x }: { x: Tensor }, attrs: Attrs): TensorInfo | undefined {
  if (!allFilled(x)) return undefined;
  const shape = pooledShape(x.shape, attrs);
  return onWorkbench((bench) => {
    const images = readImages(bench, x, overlap(attrs));
    const output = newImages(bench, shape, images.texels);
    bench.run(
      `AvgPool2D ${windowKey(attrs)} ${attrs.includePad ? 'full' : 'inside'} ${images.form} ${output.form}`,
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: { xHeight: 'int', xWidth: 'int', outHeight: 'int', outWidth: 'int', texels: 'int' },
        main: `${positionIn(output, 'outHeight', 'outWidth')}
  int top = row * ${attrs.strides[0]} - ${attrs.pads[0]}, left = column * ${attrs.strides[1]} - ${attrs.pads[2]};
  vec4 sum = vec4(0.0);
${forEachTap(attrs, (row, column) => `sum += ${pixelOf(images, 'X', ['image', row, column])};`)}
  result0 = sum / ${countIn(attrs, 'xHeight', 'xWidth')};`,
      }),
      [output.texture],
      [images.texture],
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

/** What each pixel gets from the windows that saw it, in one draw. */
export function avgPoolGradientLaunch(
  { g }: { g: Tensor },
  { inputShape, ...attrs }: Attrs & { inputShape: readonly number[] },
): TensorInfo | undefined {
  if (!allFilled(g)) return undefined;
  return onWorkbench((bench) => {
    const grads = readImages(bench, g);
    const output = newImages(bench, inputShape, grads.texels);
    bench.run(
      `AvgPool2DGradient ${windowKey(attrs)} ${attrs.includePad ? 'full' : 'inside'} ${grads.form} ${output.form}`,
      () => ({
        inputs: ['G'],
        targets: 1,
        uniforms: { gHeight: 'int', gWidth: 'int', outHeight: 'int', outWidth: 'int', texels: 'int' },
        main: `${positionIn(output, 'outHeight', 'outWidth')}
  vec4 sum = vec4(0.0);
${forEachWindowOver(
  attrs,
  `int top = row - tapRow, left = column - tapColumn;
      sum += ${pixelOf(grads, 'G', ['image', 'windowRow', 'windowColumn'])} / ${countIn(attrs, 'outHeight', 'outWidth')};`,
)}
  result0 = sum;`,
      }),
      [output.texture],
      [grads.texture],
      {
        gHeight: grads.height,
        gWidth: grads.width,
        outHeight: inputShape[1]!,
        outWidth: inputShape[2]!,
        texels: grads.texels,
      },
    );
    return bench.give(packRows(bench, output.texture, inputShape));
  });
}
