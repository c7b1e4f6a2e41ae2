import { seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import {
  backendName,
  expectClose,
  goldenSpec,
  moduleSpec,
  nd,
  offset,
  onBackend,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './deconv-2d.golden.js';
import { ConvTranspose2D, Deconv2D, type Deconv2DOptions } from './deconv-2d.js';

/** Spreads each pixel of x by W over y, as far as y reaches. */
function reference(x: Nd, { W, b }: Tensors, { window, postpad, groups }: Deconv2D): Nd {
  const [batch, inmaps, height, width] = imageShape(x.shape);
  const [, perGroup, kh, kw] = imageShape(W!.shape);
  const { stride, dilation, pad } = window;
  const reach = [(kh - 1) * dilation[0]! + 1, (kw - 1) * dilation[1]! + 1];
  const along = (axis: 0 | 1, count: number) => {
    const extent = (count - 1) * stride[axis]! + reach[axis]!;
    const cut = Math.max(0, reach[axis]! - stride[axis]!);
    if (pad === 'same') return { before: Math.floor(cut / 2), length: count * stride[axis]! };
    return { before: pad[axis]![0], length: extent - pad[axis]![0] - pad[axis]![1] + postpad[axis]! };
  };
  const [rows, columns] = [along(0, height), along(1, width)];
  const y = nd([batch, perGroup * groups, rows.length, columns.length]);
  if (b)
    y.data.forEach((_, at) => (y.data[at] = b.data[Math.floor(at / rows.length / columns.length) % b.data.length]!));
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < inmaps; c++)
      for (let o = 0; o < perGroup; o++)
        for (let place = 0; place < height * width; place++)
          for (let tap = 0; tap < kh * kw; tap++) {
            const row = Math.floor(place / width) * stride[0]! + Math.floor(tap / kw) * dilation[0]! - rows.before;
            const column = (place % width) * stride[1]! + (tap % kw) * dilation[1]! - columns.before;
            if (row < 0 || row >= rows.length || column < 0 || column >= columns.length) continue;
            const map = Math.floor(c / (inmaps / groups)) * perGroup + o;
            y.data[offset(y.shape, n, map, row, column)]! +=
              x.data[(n * inmaps + c) * height * width + place]! * W!.data[(c * perGroup + o) * kh * kw + tap]!;
          }
  return y;
}

/** Biases start at 0, where one that is added twice, or to the wrong maps, would not show. */
function deconv(
  inmaps: number,
  outmaps: number,
  size: Deconv2DOptions['size'],
  options: Partial<Deconv2DOptions> = {},
) {
  const module = new Deconv2D({ inmaps, outmaps, size, ...options });
  if (module.b) module.setVar('b', new Variable(Float32Array.from({ length: outmaps }, (_, o) => 0.5 * o - 0.75)));
  return module;
}

moduleSpec('Deconv2D', {
  classes: [Deconv2D],
  reference,
  draw: (draw) => {
    const groups = draw.whole(1, 2);
    const pair = (least: number, most: number) => [draw.whole(least, most), draw.whole(least, most)] as const;
    const [inmaps, outmaps] = [groups * draw.whole(1, 3), groups * draw.whole(1, 3)];
    const stride = pair(1, 3);
    const size = pair(2, 3);
    const options = {
      groups,
      stride,
      pad: pair(0, 1),
      postpad: [stride[0] - 1, draw.whole(0, stride[1] - 1)] as const,
    };
    return { make: () => deconv(inmaps, outmaps, size, options), shape: [draw.whole(1, 3), inmaps, ...pair(2, 5)] };
  },
  cases: [
    { title: 'twice the size', make: () => deconv(3, 2, 2, { stride: 2 }), shape: [2, 3, 3, 4] },
    {
      title: 'windows that overlap, padding, dilation, further rows',
      make: () => deconv(3, 2, 3, { stride: 2, pad: 1, dilation: 2, postpad: 1 }),
      shape: [2, 3, 3, 4],
    },
    {
      title: 'all numbers different on the two axes, other padding on each side',
      make: () =>
        deconv(3, 2, [2, 3], {
          stride: [1, 2],
          pad: [
            [0, 1],
            [2, 0],
          ],
          postpad: [0, 1],
        }),
      shape: [2, 3, 3, 4],
    },
    { title: 'the pad same', make: () => deconv(3, 2, 3, { stride: 2, pad: 'same' }), shape: [2, 3, 3, 4] },
    {
      title: 'the pad same where strides leave gaps',
      make: () => deconv(1, 2, 1, { stride: 2, pad: 'same' }),
      shape: [2, 1, 3, 4],
    },
    {
      title: 'two groups without a bias',
      make: () => deconv(4, 6, 2, { groups: 2, useBias: false }),
      shape: [2, 4, 3, 2],
    },
  ],
  otherShape: [3, 3, 2, 5],
  refuses: [
    {
      title: 'images of other maps',
      make: () => new Deconv2D({ inmaps: 3, outmaps: 2, size: 3, name: 'up' }),
      run: (module) => module.forward(new Variable(new Float32Array(8), { shape: [1, 2, 2, 2] })),
      type: ShapeError,
      says: ['Deconv2D "up"', '[1, 2, 2, 2] has 2 maps', 'inmaps 2'],
    },
    {
      title: 'padding that leaves nothing',
      make: () => new Deconv2D({ inmaps: 1, outmaps: 1, size: 2, pad: 1 }),
      run: (module) => module.forward([[[[1]]]]),
      type: ShapeError,
      says: ['nothing is left of the images of [1, 1, 1, 1]', 'smaller pad'],
    },
    {
      title: 'as many further rows as the stride',
      make: () => new Deconv2D({ inmaps: 1, outmaps: 1, size: 2, stride: 2, postpad: [0, 2] }),
      type: ValueError,
      says: ['postpad', 'less than the stride of 2', '[0, 2]'],
    },
    {
      title: 'further rows beside the pad same',
      make: () => new Deconv2D({ inmaps: 1, outmaps: 1, size: 2, stride: 2, pad: 'same', postpad: 1 }),
      type: ValueError,
      says: ['0 where the pad is "same"'],
    },
    {
      title: 'groups that do not divide the maps',
      make: () => new Deconv2D({ inmaps: 4, outmaps: 3, size: 2, groups: 2 }),
      type: ValueError,
      says: ['2 groups', '4 maps in, 3 out'],
    },
  ],
});

type Attrs = Record<'stride' | 'padding' | 'output_padding' | 'dilation' | 'groups', number>;

goldenSpec('Deconv2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ padding: pad, output_padding: postpad, ...window }: Attrs, { weight }) => {
    const [inmaps, perGroup, ...size] = imageShape(weight!.shape);
    return new Deconv2D({ inmaps, outmaps: perGroup * window.groups, size, pad, postpad, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
});

describe(`Deconv2D beside its numbers [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('does not turn its filter around', async () => {
    const module = new Deconv2D(1, 1, [1, 2], 1, 0, 1, 0, 1, false);
    module.setVar('W', new Variable([1, 10], { shape: [1, 1, 1, 2] }));
    expectClose(await module.forward([[[[1, 2, 3]]]]).values(), [1, 12, 23, 30], 'y');
  });

  it('goes by PyTorch’s name, and prints as the call that makes it', () => {
    expect(ConvTranspose2D).to.equal(Deconv2D);
    expect(String(new Deconv2D({ inmaps: 2, outmaps: 3, size: 3, stride: 2, pad: 1, postpad: 1 }))).to.equal(
      'Deconv2D(2, 3, size=3, stride=2, pad=1, postpad=1)',
    );
  });
});
