import { DtypeError, seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import {
  backendName,
  expectClose,
  goldenSpec,
  moduleSpec,
  nd,
  onBackend,
  windowsAlong,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import type { Pair } from '@tessera-nn/core';
import type { Pad } from '../window/pad.js';
import { goldens } from './conv-2d.golden.js';
import { Conv2D, type Conv2DOptions } from './conv-2d.js';

/** y[n, o, i, j] = b[o] + sum of x[n, c, i s + k d - p, j s + l d - p] W[o, c - first of the group, k, l]. */
function reference(x: Nd, { W, b }: Tensors, module: Conv2D): Nd {
  const [batch, inmaps, height, width] = imageShape(x.shape);
  const [outmaps, perGroup, kh, kw] = imageShape(W!.shape);
  const { dilation } = module.window;
  const [tops, lefts] = [windowsAlong(0, height, module.window).starts, windowsAlong(1, width, module.window).starts];
  const y = nd([batch, outmaps, tops.length, lefts.length]);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outmaps; o++) {
      const firstMap = Math.floor(o / (outmaps / module.groups)) * perGroup;
      for (const top of tops) {
        for (const left of lefts) {
          let total = b ? b.data[o]! : 0;
          for (let c = 0; c < perGroup; c++) {
            for (let k = 0; k < kh; k++) {
              const row = top + k * dilation[0]!;
              if (row < 0 || row >= height) continue;
              for (let l = 0; l < kw; l++) {
                const column = left + l * dilation[1]!;
                if (column < 0 || column >= width) continue;
                total +=
                  x.data[((n * inmaps + firstMap + c) * height + row) * width + column]! *
                  W!.data[((o * perGroup + c) * kh + k) * kw + l]!;
              }
            }
          }
          y.data[at++] = total;
        }
      }
    }
  }
  return y;
}

/** Biases start at 0, where one that is added twice, or to the wrong maps, would not show. */
function conv(inmaps: number, outmaps: number, size: Conv2DOptions['size'], options: Partial<Conv2DOptions> = {}) {
  const module = new Conv2D({ inmaps, outmaps, size, ...options });
  if (module.b) module.setVar('b', new Variable(Float32Array.from({ length: outmaps }, (_, o) => 0.5 * o - 0.75)));
  return module;
}

moduleSpec('Conv2D', {
  classes: [Conv2D],
  reference,
  draw: (draw) => {
    const groups = draw.whole(1, 3);
    const pair = (least: number, most: number) => [draw.whole(least, most), draw.whole(least, most)] as const;
    const [inmaps, outmaps] = [groups * draw.whole(1, 3), groups * draw.whole(1, 3)];
    const options = {
      groups,
      stride: pair(1, 3),
      pad: draw.oneOf<() => Pad>([() => pair(0, 2), () => [pair(0, 2), pair(0, 2)], () => 'same', () => 'valid'])(),
      dilation: pair(1, 2),
      useBias: draw.whole(0, 1) > 0,
    };
    const size = pair(1, 3);
    return { make: () => conv(inmaps, outmaps, size, options), shape: [draw.whole(1, 3), inmaps, ...pair(5, 8)] };
  },
  // The same sizes again and again, on purpose: on WebGL every new one compiles its own shaders.
  cases: [
    { title: 'three maps to four', make: () => conv(3, 4, 3), shape: [2, 3, 7, 6] },
    {
      title: 'stride 2 on a width that it does not divide',
      make: () => conv(3, 4, 3, { stride: 2, pad: 1 }),
      shape: [2, 3, 7, 6],
    },
    {
      title: 'dilation 2 and stride 2',
      make: () => conv(3, 4, 3, { dilation: 2, stride: 2, pad: 2 }),
      shape: [2, 3, 7, 6],
    },
    { title: 'dilation 3', make: () => conv(3, 4, 3, { dilation: 3, pad: [0, 1] }), shape: [2, 3, 7, 6] },
    { title: 'more padding than the filter reaches', make: () => conv(3, 4, 3, { pad: 3 }), shape: [2, 3, 7, 6] },
    {
      title: 'other padding on each side',
      make: () =>
        conv(3, 4, 3, {
          pad: [
            [0, 2],
            [1, 0],
          ],
          stride: 2,
        }),
      shape: [2, 3, 7, 6],
    },
    {
      title: 'padding that keeps the size, the odd one behind',
      make: () => conv(3, 4, 2, { pad: 'same' }),
      shape: [2, 3, 7, 6],
    },
    {
      title: 'all numbers different on the two axes',
      make: () => conv(3, 4, [3, 2], { stride: [1, 2], pad: [0, 1], dilation: [2, 1] }),
      shape: [2, 3, 7, 6],
    },
    {
      title: 'each map for itself, without a bias',
      make: () => conv(3, 3, 3, { groups: 3, useBias: false }),
      shape: [2, 3, 7, 6],
    },
    {
      title: 'two groups',
      make: () => conv(4, 6, 3, { groups: 2, pad: 1, stride: [2, 1] }),
      shape: [2, 4, 4, 3],
    },
    { title: 'one pixel wide', make: () => conv(5, 3, 1), shape: [2, 5, 6, 4] },
    {
      title: 'one pixel wide with strides that leave rows and columns out',
      make: () => conv(5, 3, 1, { stride: [2, 3] }),
      shape: [2, 5, 6, 4],
    },
    {
      title: 'one map, stride 3, larger than the filter',
      make: () => conv(1, 2, 2, { stride: 3, useBias: false }),
      shape: [2, 1, 7, 6],
    },
  ],
  otherShape: [3, 3, 5, 8],
  refuses: [
    {
      title: 'a vector for each sample',
      make: () => new Conv2D({ inmaps: 3, outmaps: 2, size: 3, name: 'conv1' }),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['Conv2D "conv1"', '[1, 3] is not a batch of images', '[batch, 3, height, width]'],
    },
    {
      title: 'one image without its batch, with a hint',
      make: () => new Conv2D(3, 2, 3),
      run: (module) => module.forward(new Variable(new Float32Array(75), { shape: [3, 5, 5] })),
      type: ShapeError,
      says: ['[3, 5, 5] is not a batch of images', 'Add the batch axis'],
    },
    {
      title: 'another count of maps, with both numbers',
      make: () => new Conv2D(3, 2, 3),
      run: (module) => module.forward(new Variable(new Float32Array(80), { shape: [1, 4, 4, 5] })),
      type: ShapeError,
      says: ['4 maps on axis 1', 'built for 3', 'Use inmaps 4'],
    },
    {
      title: 'channels last, with a hint to transpose',
      make: () => new Conv2D(3, 2, 3),
      run: (module) => module.forward(new Variable(new Float32Array(48), { shape: [1, 4, 4, 3] })),
      type: ShapeError,
      says: ['4 maps on axis 1', 'last axis', 'transpose to [batch, maps, height, width]'],
    },
    {
      title: 'an empty batch',
      make: () => new Conv2D(3, 2, 3),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 3, 4, 4] })),
      type: ShapeError,
      says: ['[0, 3, 4, 4] is empty'],
    },
    {
      title: 'a filter larger than the padded image',
      make: () => new Conv2D({ inmaps: 1, outmaps: 1, size: [3, 2], dilation: 2, pad: [0, 1] }),
      run: (module) => module.forward(new Variable(new Float32Array(16), { shape: [1, 1, 4, 4] })),
      type: ShapeError,
      says: ['larger than the padded images', '[1, 1, 4, 4]', 'filter of [3, 2] with dilation 2', 'larger pad'],
    },
    {
      title: 'groups that do not divide the maps that come in',
      make: () => new Conv2D({ inmaps: 3, outmaps: 4, size: 1, groups: 2 }),
      type: ValueError,
      says: ['2 groups', 'multiples of 2', '3 maps in, 4 out'],
    },
    {
      title: 'groups that do not divide the maps that go out',
      make: () => new Conv2D({ inmaps: 4, outmaps: 3, size: 1, groups: 2 }),
      type: ValueError,
      says: ['2 groups', 'multiples of 2', '4 maps in, 3 out'],
    },
    { title: 'no maps', make: () => new Conv2D(0, 2, 3), type: ValueError, says: ['inmaps', 'from 1', '0'] },
    {
      title: 'half a group',
      make: () => new Conv2D({ inmaps: 1, outmaps: 1, size: 1, groups: 0.5 }),
      type: ValueError,
      says: ['groups', '0.5'],
    },
    { title: 'no filter', make: () => new Conv2D(1, 2, 0), type: ValueError, says: ['size', 'from 1', '0'] },
    { title: 'a stride of 0', make: () => new Conv2D(1, 1, 3, 0), type: ValueError, says: ['stride', 'from 1'] },
    {
      title: 'a negative pad',
      make: () => new Conv2D(1, 1, 3, 1, [0, -1]),
      type: ValueError,
      says: ['pad', '[0, -1]'],
    },
    { title: 'a dilation of 0', make: () => new Conv2D(1, 1, 3, 1, 0, 0), type: ValueError, says: ['dilation'] },
    {
      title: 'three sizes',
      make: () => new Conv2D(1, 1, [3, 3, 3] as never),
      type: ValueError,
      says: ['size', 'or two of them', '[3, 3, 3]'],
    },
    {
      title: 'whole numbers for images',
      make: () => new Conv2D(1, 1, 1),
      run: (module) => module.forward(new Variable(new Int32Array(4), { shape: [1, 1, 2, 2] })),
      type: DtypeError,
      says: ['Conv2D', 'float32', 'int32'],
    },
  ],
});

interface GoldenAttrs {
  stride: Pair;
  padding: Pair;
  dilation: Pair;
  groups: number;
}

goldenSpec('Conv2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ padding, ...window }: GoldenAttrs, { weight }) => {
    const [outmaps, perGroup, ...size] = imageShape(weight!.shape);
    return new Conv2D({ inmaps: perGroup * window.groups, outmaps, size, pad: padding, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
});

describe(`Conv2D beside its numbers [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('draws W anew for each seed, of the shape [outmaps, inmaps / groups, ...size]', async () => {
    const drawn = (of: number, initscheme: Conv2DOptions['initscheme']) => {
      seed(of);
      return new Conv2D({ inmaps: 4, outmaps: 6, size: [3, 2], groups: 2, initscheme }).W;
    };
    for (const scheme of [null, 'he', ['xavier', 'avg']] as const) {
      expect(drawn(1, scheme).shape).to.deep.equal([6, 2, 3, 2]);
      expect(await drawn(1, scheme).values()).to.deep.equal(await drawn(1, scheme).values());
      expect(await drawn(1, scheme).values()).to.not.deep.equal(await drawn(2, scheme).values());
    }
  });

  it('does not turn its filter around', async () => {
    const module = conv(1, 1, [1, 2], { useBias: false });
    module.setVar('W', new Variable([1, 10], { shape: [1, 1, 1, 2] }));
    const y = module.forward([[[[1, 2, 3]]]]);
    expectClose(await y.values(), [21, 32], 'y');
  });

  it('starts with a bias of zeros, exempt from weight decay', async () => {
    const module = new Conv2D(2, 3, 3);
    expect([...(await module.b!.values())]).to.deep.equal([0, 0, 0]);
    expect([module.W.wc, module.b!.wc]).to.deep.equal([1, 0]);
  });

  it('takes its arguments in the order of PuzzleLib', () => {
    const module = new Conv2D(4, 6, 3, 2, 1, 1, 0.5, false, 'conv', 'gaussian', 2);
    expect(module.getBlueprint().options).to.deep.equal({
      ...{ inmaps: 4, outmaps: 6, size: 3, stride: 2, pad: 1, dilation: 1 },
      ...{ wscale: 0.5, useBias: false, name: 'conv', initscheme: 'gaussian', groups: 2 },
    });
    expect(module.b).to.equal(null);
  });

  it('shows its filter in logical order after it moved into the order of the kernels', async () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i);
    const module = conv(3, 2, 2, { useBias: false });
    module.setVar('W', new Variable(values, { shape: [2, 3, 2, 2] }));
    module.forward(new Variable(new Float32Array(12), { shape: [1, 3, 2, 2] }));
    expect(module.W.shape).to.deep.equal([2, 3, 2, 2]);
    expect(await module.W.values()).to.deep.equal(values);
    expect(await module.W.data.data()).to.deep.equal(values);
  });

  it('uses new weights at once', async () => {
    // XNNPACK keeps packed copies of filters: a second forward after a change must not see the first one.
    const module = conv(1, 1, 1, { useBias: false });
    for (const weight of [2, -3]) {
      module.setVar('W', new Variable([weight], { shape: [1, 1, 1, 1] }));
      expect([...(await module.forward([[[[5]]]]).values())]).to.deep.equal([5 * weight]);
    }
  });

  it('prints as the call that makes it', () => {
    expect(String(new Conv2D(1, 16, 3))).to.equal('Conv2D(1, 16, size=3, stride=1)');
    const options = { stride: [2, 1], pad: 1, dilation: [1, 2], groups: 2, useBias: false } as const;
    expect(String(new Conv2D({ inmaps: 4, outmaps: 2, size: [3, 5], ...options }))).to.equal(
      'Conv2D(4, 2, size=[3, 5], stride=[2, 1], pad=1, dilation=[1, 2], groups=2, useBias=false)',
    );
  });
});
