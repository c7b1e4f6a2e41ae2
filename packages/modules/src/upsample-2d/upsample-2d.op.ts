import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { imageShape, physicalShape } from '@tessera-nn/core/internal';
import { defineKernel, runKernel, type Loops } from '@tessera-nn/kernels';
import { matMul, reshape, tensor3d, type Tensor } from '@tensorflow/tfjs-core';
import { upsampleGradientLaunch, upsampleLaunch } from './upsample-2d.webgl.js';

/** Where the pixels of the result lie between those of the image: see `Upsample2D`. */
export type Placing = 'nearest' | 'corners' | 'middles';

export interface UpsampleAttrs {
  scale: readonly [number, number];
  placing: Placing;
}

/** For each place of the result along an axis: the two of the image around it, and the share of the second. */
interface Neighbours {
  low: Int32Array;
  high: Int32Array;
  share: Float64Array;
}

function neighboursAlong(length: number, scale: number, placing: Placing): Neighbours {
  const count = length * scale;
  const [low, high, share] = [new Int32Array(count), new Int32Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const place =
      placing === 'nearest'
        ? Math.floor(i / scale)
        : placing === 'corners'
          ? (i * (length - 1)) / Math.max(1, count - 1)
          : Math.max(0, (i + 0.5) / scale - 0.5);
    low[i] = Math.floor(place);
    high[i] = Math.min(low[i]! + 1, length - 1);
    share[i] = place - low[i]!;
  }
  return { low, high, share };
}

const largerShape = ([n, h, w, c]: readonly number[], { scale }: UpsampleAttrs): number[] => [
  n!,
  h! * scale[0],
  w! * scale[1],
  c!,
];

/** What the two axes of channels-last images have around each place. */
const neighboursOf = ([, h, w]: readonly number[], { scale, placing }: UpsampleAttrs) =>
  [neighboursAlong(h!, scale[0], placing), neighboursAlong(w!, scale[1], placing)] as const;

/** Rows and columns as products with the matrix of their shares, [result, image], or its transpose. */
function byMatrices(x: Tensor, image: readonly number[], attrs: UpsampleAttrs, back: boolean): Tensor {
  const [n, , , c] = imageShape(x.shape);
  const [rows, columns] = neighboursOf(image, attrs).map(({ low, high, share }, axis) => {
    const length = image[axis + 1]!;
    const matrix = new Float32Array(low.length * length);
    low.forEach((at, i) => {
      matrix[i * length + at]! += 1 - share[i]!;
      matrix[i * length + high[i]!]! += share[i]!;
    });
    return tensor3d(matrix, [1, low.length, length]);
  }) as [Tensor, Tensor];
  const tall: Tensor = matMul(rows, reshape(x, [n, x.shape[1]!, -1]), back);
  const height = tall.shape[1]!;
  return reshape(matMul(columns, reshape(tall, [n * height, x.shape[2]!, c]), back), [n, height, -1, c]);
}

/** Row by row: first between two rows of the image, then along the row. */
const forward: Loops<{ x: Tensor }, UpsampleAttrs> = ({ values: { x }, inputs, outputs: [y] }, attrs) => {
  const [batch, height, width, maps] = imageShape(inputs.x.shape);
  const [rows, columns] = neighboursOf(inputs.x.shape, attrs);
  const [length, largerLength] = [width * maps, columns.low.length * maps];
  const between = new Float32Array(length);
  for (let n = 0, out = 0; n < batch; n++) {
    for (let i = 0; i < rows.low.length; i++, out += largerLength) {
      const down = rows.share[i]!;
      if (i > 0 && down === 0 && rows.share[i - 1] === 0 && rows.low[i] === rows.low[i - 1]) {
        y!.copyWithin(out, out - largerLength, out);
        continue;
      }
      const top = (n * height + rows.low[i]!) * length;
      const bottom = (n * height + rows.high[i]!) * length;
      if (down === 0) between.set(x.subarray(top, top + length));
      else for (let k = 0; k < length; k++) between[k] = x[top + k]! + down * (x[bottom + k]! - x[top + k]!);
      for (let j = 0, at = out; j < columns.low.length; j++, at += maps) {
        const left = columns.low[j]! * maps;
        const right = columns.high[j]! * maps;
        const across = columns.share[j]!;
        if (across === 0) for (let c = 0; c < maps; c++) y![at + c] = between[left + c]!;
        else
          for (let c = 0; c < maps; c++)
            y![at + c] = between[left + c]! + across * (between[right + c]! - between[left + c]!);
      }
    }
  }
};

type GradientAttrs = UpsampleAttrs & { inputShape: readonly number[] };

/** Row by row, the other way round: first along the row, then to the two rows of the image. */
const backward: Loops<{ g: Tensor }, GradientAttrs> = ({ values: { g }, outputs: [dx] }, { inputShape, ...attrs }) => {
  const [batch, height, width, maps] = imageShape(inputShape);
  const [rows, columns] = neighboursOf(inputShape, attrs);
  const length = width * maps;
  const between = new Float32Array(length);
  dx!.fill(0);
  for (let n = 0, at = 0; n < batch; n++) {
    for (let i = 0; i < rows.low.length; i++) {
      between.fill(0);
      for (let j = 0; j < columns.low.length; j++, at += maps) {
        const left = columns.low[j]! * maps;
        const right = columns.high[j]! * maps;
        const across = columns.share[j]!;
        for (let c = 0; c < maps; c++) between[left + c]! += (1 - across) * g[at + c]!;
        if (across !== 0) for (let c = 0; c < maps; c++) between[right + c]! += across * g[at + c]!;
      }
      const down = rows.share[i]!;
      const top = (n * height + rows.low[i]!) * length;
      const bottom = (n * height + rows.high[i]!) * length;
      for (let k = 0; k < length; k++) dx![top + k]! += (1 - down) * between[k]!;
      if (down !== 0) for (let k = 0; k < length; k++) dx![bottom + k]! += down * between[k]!;
    }
  }
};

/** y = x between its pixels. */
export const upsampleKernel = defineKernel<{ x: Tensor }, UpsampleAttrs, Tensor>({
  name: 'Upsample2D',
  outputs: ({ x }, attrs) => ({ shape: largerShape(x.shape, attrs) }),
  compose: ({ x }, attrs) => byMatrices(x, x.shape, attrs, false),
  cpu: forward,
  loops: forward,
  webgl: ({ x }, attrs) => upsampleLaunch(x, attrs, largerShape(x.shape, attrs)),
});

/** dx = each g at the pixels that it lies between, by their shares. */
export const upsampleGradientKernel = defineKernel<{ g: Tensor }, GradientAttrs, Tensor>({
  name: 'Upsample2DGradient',
  outputs: (_, { inputShape }) => ({ shape: inputShape }),
  compose: ({ g }, { inputShape, ...attrs }) => byMatrices(g, inputShape, attrs, true),
  cpu: backward,
  loops: backward,
  webgl: ({ g }, { inputShape, ...attrs }) => upsampleGradientLaunch(g, attrs, inputShape),
});

/** Upsampling is linear: the gradient of its gradient is upsampling again. */
const gradientOp: Op<'g', GradientAttrs> = defineOp({
  name: 'upsample gradient',
  inputs: ['g'],
  layout: 'channelsLast',
  forward: ({ g }, attrs: GradientAttrs) => runKernel(upsampleGradientKernel, { g }, attrs),
  gradients: (u, _saved, { inputShape: _, ...attrs }) => ({ g: () => upsample(u, attrs) }),
});

const upsampleOp = defineOp({
  name: 'upsample',
  inputs: ['x'],
  layout: 'channelsLast',
  forward: ({ x }, attrs: UpsampleAttrs) => runKernel(upsampleKernel, { x }, attrs),
  gradients: (g, _saved, attrs, { x }) => ({
    x: () => gradientOp({ g }, { ...attrs, inputShape: physicalShape(x, 'channelsLast') }),
  }),
});

/** Larger images of [batch, maps, height, width]. */
export const upsample = (x: Variable, attrs: UpsampleAttrs): Variable => upsampleOp({ x }, attrs);
