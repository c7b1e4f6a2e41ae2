import { ShapeError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { goldenSpec, moduleSpec, nd, windowsAlong, type Nd, type Tensors } from '@tessera-nn/testing';
import { goldens } from './separable-conv-2d.golden.js';
import { SeparableConv2D } from './separable-conv-2d.js';

/** One convolution, whose filter is the product of the two. */
function reference(x: Nd, tensors: Tensors, { depthwise: { window, multiplier } }: SeparableConv2D): Nd {
  const [apart, mixture, bias] = ['depthwise.W', 'pointwise.W', 'pointwise.b'].map((path) => tensors[path]);
  const [batch, , height, width] = imageShape(x.shape);
  const [between, , kh, kw] = imageShape(apart!.shape);
  const outmaps = mixture!.shape[0]!;
  const [tops, lefts] = [windowsAlong(0, height, window).starts, windowsAlong(1, width, window).starts];
  const y = nd([batch, outmaps, tops.length, lefts.length]);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outmaps; o++)
      for (const top of tops)
        for (const left of lefts) {
          let total = bias ? bias.data[o]! : 0;
          for (let map = 0; map < between; map++)
            for (let tap = 0; tap < kh * kw; tap++) {
              const [row, column] = [top + Math.floor(tap / kw), left + (tap % kw)];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              const image = n * (between / multiplier) + Math.floor(map / multiplier);
              const weight = mixture!.data[o * between + map]! * apart!.data[map * kh * kw + tap]!;
              total += x.data[(image * height + row) * width + column]! * weight;
            }
          y.data[at++] = total;
        }
  return y;
}

moduleSpec('SeparableConv2D', {
  classes: [SeparableConv2D],
  reference,
  cases: [
    {
      title: 'two maps of each between',
      make: () => new SeparableConv2D({ inmaps: 2, outmaps: 3, size: 3, stride: 2, pad: 'same', multiplier: 2 }),
      shape: [2, 2, 5, 4],
    },
  ],
  otherShape: [1, 2, 3, 6],
  refuses: [
    {
      title: 'images of other maps, by the path of its first part',
      make: () => new SeparableConv2D({ inmaps: 3, outmaps: 3, size: 3, name: 'sep' }),
      run: (module) => module.forward(new Variable(new Float32Array(32), { shape: [1, 2, 4, 4] })),
      type: ShapeError,
      says: ['has 2 maps on axis 1', 'inmaps 2'],
    },
  ],
});

goldenSpec('SeparableConv2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ padding: pad, ...window }: Record<'stride' | 'padding' | 'dilation', number>, { depthwise, pointwise }) => {
    const [between, , ...size] = imageShape(depthwise!.shape);
    const [outmaps] = imageShape(pointwise!.shape);
    return new SeparableConv2D({ inmaps: 2, outmaps, size, pad, multiplier: between / 2, ...window });
  },
  parameters: { depthwise: 'depthwise.W', pointwise: 'pointwise.W', bias: 'pointwise.b' },
});
