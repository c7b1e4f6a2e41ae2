import { elementwiseProgram } from '@tessera-nn/kernels';
import { reshape, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { pooledShape, type PoolGeometry } from '../window/pool-geometry.js';

/**
 * Where in x the first largest value of a window lies; NaN is larger than everything. tfjs's own program starts from
 * -1e20, loses NaN and, in the gradient, everything behind an infinity, and prefers the last of equals.
 */
const firstLargest = `
int firstLargest(int image, int i, int j, int map) {
  int found = -1;
  float largest = 0.0;
  for (int k = 0; k < sizeH; k++) {
    int row = i * strideH + k - padTop;
    if (row < 0 || row >= height) continue;
    for (int l = 0; l < sizeW; l++) {
      int column = j * strideW + l - padLeft;
      if (column < 0 || column >= width) continue;
      int place = ((image * height + row) * width + column) * maps + map;
      float value = getXValues(place);
      if (isnan(value)) return place;
      if (found < 0 || value > largest) {
        found = place;
        largest = value;
      }
    }
  }
  return found;
}
`;

const pooled = `
float pooled() {
  ivec4 at = getOutputCoords();
  return getXValues(firstLargest(at.x, at.y, at.z, at.w));
}
`;

/** Goes through the windows that hold a pixel: from the first whose last row reaches it to the last that starts in it. */
const gathered = `
float gathered() {
  ivec4 at = getOutputCoords();
  int place = ((at.x * height + at.y) * width + at.z) * maps + at.w;
  ivec2 from = ivec2(at.y + padTop, at.z + padLeft);
  float total = 0.0;
  for (int i = max(0, (from.x - sizeH + strideH) / strideH); i <= min(outHeight - 1, from.x / strideH); i++) {
    for (int j = max(0, (from.y - sizeW + strideW) / strideW); j <= min(outWidth - 1, from.y / strideW); j++) {
      if (firstLargest(at.x, i, j, at.w) != place) continue;
      total += getGValues(((at.x * outHeight + i) * outWidth + j) * maps + at.w);
    }
  }
  return total;
}
`;

function numbersOf(shape: readonly number[], geometry: PoolGeometry) {
  const { size, strides, pads } = geometry;
  const [, outHeight, outWidth] = pooledShape(shape, geometry);
  const [, height, width, maps] = shape;
  const numbers = { height, width, maps, outHeight, outWidth, padTop: pads[0], padLeft: pads[2] };
  const window = { sizeH: size[0], sizeW: size[1], strideH: strides[0], strideW: strides[1] };
  return Object.entries({ ...numbers, ...window }).map(([name, value]) => [name, value!, 'int'] as const);
}

/** The inputs go in as vectors, which the functions read by index: they are not of the output's shape. */
const flat = (tensor: Tensor): Tensor => reshape(tensor, [tensor.size]);

export function maxPoolWebgl({ x }: { x: Tensor }, geometry: PoolGeometry): TensorInfo {
  const values = flat(x);
  const shape = pooledShape(x.shape, geometry);
  const numbers = numbersOf(x.shape, geometry);
  const y = elementwiseProgram('MaxPool2D', [['x', values]], numbers, 'pooled()', shape, firstLargest + pooled);
  values.dispose();
  return y;
}

export function maxPoolGradientWebgl({ x, g }: { x: Tensor; g: Tensor }, geometry: PoolGeometry): TensorInfo {
  const [values, grads] = [flat(x), flat(g)];
  const dx = elementwiseProgram(
    'MaxPool2DGradient',
    [
      ['x', values],
      ['g', grads],
    ],
    numbersOf(x.shape, geometry),
    'gathered()',
    x.shape,
    firstLargest + gathered,
  );
  values.dispose();
  grads.dispose();
  return dx;
}
