import { ShapeError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { goldenSpec, moduleSpec, nd, windowsAlong, type Nd, type Tensors } from '@tessera-nn/testing';
import { goldens } from './depthwise-conv-2d.golden.js';
import { DepthwiseConv2D } from './depthwise-conv-2d.js';

/** y[n, c m + q, i, j] = b[c m + q] + sum of x[n, c, ...] W[c m + q, 0, k, l]. */
function reference(x: Nd, { W, b }: Tensors, { window, multiplier }: DepthwiseConv2D): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [outmaps, , kh, kw] = imageShape(W!.shape);
  const [tops, lefts] = [windowsAlong(0, height, window).starts, windowsAlong(1, width, window).starts];
  const y = nd([batch, outmaps, tops.length, lefts.length]);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outmaps; o++)
      for (const top of tops)
        for (const left of lefts) {
          let total = b ? b.data[o]! : 0;
          for (let tap = 0; tap < kh * kw; tap++) {
            const row = top + Math.floor(tap / kw) * window.dilation[0]!;
            const column = left + (tap % kw) * window.dilation[1]!;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const map = n * maps + Math.floor(o / multiplier);
            total += x.data[(map * height + row) * width + column]! * W!.data[o * kh * kw + tap]!;
          }
          y.data[at++] = total;
        }
  return y;
}

moduleSpec('DepthwiseConv2D', {
  classes: [DepthwiseConv2D],
  reference,
  cases: [
    { title: 'one map of each', make: () => new DepthwiseConv2D(3, 3, 1, 'same'), shape: [2, 3, 4, 5] },
    {
      title: 'two maps of each, without a bias, with stride and dilation',
      make: () =>
        new DepthwiseConv2D({
          maps: 3,
          size: [3, 2],
          stride: 2,
          pad: 1,
          dilation: [1, 2],
          multiplier: 2,
          useBias: false,
        }),
      shape: [2, 3, 4, 5],
    },
  ],
  otherShape: [1, 3, 5, 3],
  refuses: [
    {
      title: 'images of other maps',
      make: () => new DepthwiseConv2D({ maps: 3, size: 3, name: 'dw' }),
      run: (module) => module.forward(new Variable(new Float32Array(18), { shape: [1, 2, 3, 3] })),
      type: ShapeError,
      says: ['DepthwiseConv2D "dw"', 'has 2 maps on axis 1'],
    },
  ],
});

goldenSpec('DepthwiseConv2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ padding: pad, ...window }: Record<'stride' | 'padding' | 'dilation', number>, { x, weight }) => {
    const [outmaps, , ...size] = imageShape(weight!.shape);
    const maps = x!.shape[1]!;
    return new DepthwiseConv2D({ maps, size, pad, multiplier: outmaps / maps, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
});
