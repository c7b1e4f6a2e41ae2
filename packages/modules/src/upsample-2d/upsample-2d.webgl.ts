import { allFilled, onWorkbench, packRows } from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { newImages, pixelOf, positionIn, readImages } from '../window/window.webgl.js';
import type { Placing, UpsampleAttrs } from './upsample-2d.op.js';

/** GLSL: where the place `i` of the result lies on an axis of the image. */
const places: Readonly<Record<Placing, string>> = {
  nearest: 'float(over(i, scale))',
  corners: 'float(i * (imageLength - 1)) / float(max(1, imageLength * scale - 1))',
  middles: 'max(0.0, (float(i) + 0.5) / float(scale) - 0.5)',
};

const placeOn = (placing: Placing) => `float placeOn(int i, int imageLength, int scale) { return ${places[placing]}; }`;

const uniforms = { xHeight: 'int', xWidth: 'int', outHeight: 'int', outWidth: 'int', texels: 'int' } as const;

/** The larger images, in one draw. */
export function upsampleLaunch(x: Tensor, attrs: UpsampleAttrs, shape: readonly number[]): TensorInfo | undefined {
  if (!allFilled(x)) return undefined;
  const { scale, placing } = attrs;
  return onWorkbench((bench) => {
    const images = readImages(bench, x);
    const output = newImages(bench, shape, images.texels);
    const at = (row: string, column: string) => pixelOf(images, 'X', ['image', row, column]);
    const between = `
  float down = placeOn(row, xHeight, scaleRows), across = placeOn(column, xWidth, scaleColumns);
  int top = int(down), left = int(across);
  int bottom = min(top + 1, xHeight - 1), right = min(left + 1, xWidth - 1);
  down -= float(top);
  across -= float(left);
  vec4 upper = ${at('top', 'left')}, upperRight = ${at('top', 'right')};
  vec4 lower = ${at('bottom', 'left')}, lowerRight = ${at('bottom', 'right')};
  upper += across * (upperRight - upper);
  lower += across * (lowerRight - lower);
  result0 = upper + down * (lower - upper);`;
    bench.run(
      `Upsample2D ${placing} ${images.form} ${output.form}`,
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: { ...uniforms, scaleRows: 'int', scaleColumns: 'int' },
        functions: placeOn(placing),
        main: `${positionIn(output, 'outHeight', 'outWidth')}${
          placing === 'nearest' ? `result0 = ${at('over(row, scaleRows)', 'over(column, scaleColumns)')};` : between
        }`,
      }),
      [output.texture],
      [images.texture],
      {
        xHeight: images.height,
        xWidth: images.width,
        outHeight: output.height,
        outWidth: output.width,
        texels: images.texels,
        scaleRows: scale[0],
        scaleColumns: scale[1],
      },
    );
    return bench.give(packRows(bench, output.texture, shape));
  });
}

/** What each pixel gets of the gradients that lie less than a pixel away, in one draw. */
export function upsampleGradientLaunch(
  g: Tensor,
  { scale, placing }: UpsampleAttrs,
  shape: readonly number[],
): TensorInfo | undefined {
  if (!allFilled(g)) return undefined;
  return onWorkbench((bench) => {
    const grads = readImages(bench, g);
    const output = newImages(bench, shape, grads.texels);
    bench.run(
      `Upsample2DGradient ${placing} ${grads.form} ${output.form}`,
      () => ({
        inputs: ['X'],
        targets: 1,
        uniforms: { ...uniforms, scaleRows: 'int', scaleColumns: 'int' },
        functions: `${placeOn(placing)}
float shareOf(int i, int at, int imageLength, int scale) {
  float place = placeOn(i, imageLength, scale);
  int low = int(place);
  float share = place - float(low);
  return (low == at ? 1.0 - share : 0.0) + (min(low + 1, imageLength - 1) == at ? share : 0.0);
}
int firstOn(int at, int scale) { return ${placing === 'nearest' ? 'at * scale' : 'max(0, (at - 1) * scale - 1)'}; }
int endOn(int at, int scale, int length) { return ${placing === 'nearest' ? '(at + 1) * scale' : 'min(length, (at + 2) * scale + 1)'}; }`,
        main: `${positionIn(output, 'outHeight', 'outWidth')}
  vec4 sum = vec4(0.0);
  for (int i = firstOn(row, scaleRows); i < endOn(row, scaleRows, xHeight); i++) {
    float down = shareOf(i, row, outHeight, scaleRows);
    vec4 line = vec4(0.0);
    for (int j = firstOn(column, scaleColumns); j < endOn(column, scaleColumns, xWidth); j++) {
      float share = shareOf(j, column, outWidth, scaleColumns);
      vec4 g = ${pixelOf(grads, 'X', ['image', 'i', 'j'])};
      line += mix(vec4(0.0), share * g, bvec4(share != 0.0));
    }
    sum += mix(vec4(0.0), down * line, bvec4(down != 0.0));
  }
  result0 = sum;`,
      }),
      [output.texture],
      [grads.texture],
      {
        xHeight: grads.height,
        xWidth: grads.width,
        outHeight: output.height,
        outWidth: output.width,
        texels: grads.texels,
        scaleRows: scale[0],
        scaleColumns: scale[1],
      },
    );
    return bench.give(packRows(bench, output.texture, shape));
  });
}
