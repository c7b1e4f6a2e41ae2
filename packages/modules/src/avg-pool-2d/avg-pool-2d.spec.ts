import { seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
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
} from '@tessera-nn/testing';
import { expect } from 'chai';
import type { Pair } from '@tessera-nn/core';
import type { Pad } from '../window/pad.js';
import { goldens } from './avg-pool-2d.golden.js';
import { AvgPool2D } from './avg-pool-2d.js';

/** y[n, c, i, j] = the sum over the window, by its places up to the end of the padding or only by those on the image. */
function reference(x: Nd, _: unknown, { window, includePad }: AvgPool2D): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [rows, columns] = [windowsAlong(0, height, window), windowsAlong(1, width, window)];
  const y = nd([batch, maps, rows.starts.length, columns.starts.length]);
  let at = 0;
  for (let map = 0; map < batch * maps; map++) {
    for (const top of rows.starts) {
      for (const left of columns.starts) {
        let total = 0;
        let count = 0;
        for (let row = top; row < Math.min(top + window.size[0]!, rows.end); row++) {
          for (let column = left; column < Math.min(left + window.size[1]!, columns.end); column++) {
            const isOnImage = row >= 0 && row < height && column >= 0 && column < width;
            if (isOnImage) total += x.data[(map * height + row) * width + column]!;
            if (isOnImage || includePad) count++;
          }
        }
        y.data[at++] = total / count;
      }
    }
  }
  return y;
}

moduleSpec('AvgPool2D', {
  classes: [AvgPool2D],
  reference,
  draw: (draw) => {
    const pair = (least: number, most: number) => [draw.whole(least, most), draw.whole(least, most)] as const;
    const flag = () => draw.whole(0, 1) > 0;
    const pad = draw.oneOf<() => Pad>([
      () => pair(0, 1),
      () => [pair(0, 1), pair(0, 1)],
      () => 'same',
      () => 'valid',
    ])();
    const options = { size: pair(2, 4), stride: pair(1, 3), pad, includePad: flag(), ceilMode: flag() };
    return { make: () => new AvgPool2D(options), shape: [draw.whole(1, 3), draw.whole(1, 5), ...pair(4, 7)] };
  },
  cases: [
    { title: 'two by two', make: () => new AvgPool2D(), shape: [2, 3, 6, 4] },
    { title: 'sizes that leave a row and a column out', make: () => new AvgPool2D(3), shape: [2, 3, 6, 4] },
    {
      title: 'overlapping windows that count the padding',
      make: () => new AvgPool2D({ size: 3, stride: 1, pad: 1 }),
      shape: [2, 3, 3, 4],
    },
    {
      title: 'overlapping windows that count their pixels only',
      make: () => new AvgPool2D({ size: 3, stride: 1, pad: 1, includePad: false }),
      shape: [2, 3, 3, 4],
    },
    {
      title: 'wide padding that counts, all numbers different on the two axes',
      make: () => new AvgPool2D([3, 2], [2, 3], [2, 1]),
      shape: [1, 5, 4, 6],
    },
    {
      title: 'wide padding that does not count, all numbers different on the two axes',
      make: () => new AvgPool2D([3, 2], [2, 3], [2, 1], false),
      shape: [1, 5, 4, 6],
    },
    {
      title: 'other padding on each side',
      make: () =>
        new AvgPool2D({
          size: 3,
          pad: [
            [0, 1],
            [2, 0],
          ],
        }),
      shape: [1, 2, 4, 6],
    },
    {
      title: 'padding that gives every second pixel, and does not count',
      make: () => new AvgPool2D({ size: 3, stride: 2, pad: 'same', includePad: false }),
      shape: [1, 2, 4, 5],
    },
    {
      title: 'a last window beyond the padding',
      make: () => new AvgPool2D({ size: 3, stride: 2, pad: 1, ceilMode: true }),
      shape: [1, 2, 4, 6],
    },
  ],
  otherShape: [3, 1, 5, 7],
  refuses: [
    {
      title: 'a vector for each map',
      make: () => new AvgPool2D({ name: 'pool' }),
      run: (module) => module.forward(new Variable([1, 2, 3, 4], { shape: [1, 2, 2] })),
      type: ShapeError,
      says: ['AvgPool2D "pool"', '[1, 2, 2] is not a batch of images', '[batch, maps, height, width]'],
    },
    {
      title: 'images smaller than the window',
      make: () => new AvgPool2D({ size: 5, pad: 1 }),
      run: (module) => module.forward(new Variable(new Float32Array(8), { shape: [1, 1, 4, 2] })),
      type: ShapeError,
      says: ['larger than the padded images of [1, 1, 4, 2]', 'window of 5', 'smaller window'],
    },
    {
      title: 'an empty batch',
      make: () => new AvgPool2D(),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 1, 2, 2] })),
      type: ShapeError,
      says: ['[0, 1, 2, 2] is empty'],
    },
    {
      title: 'padding as wide as the window',
      make: () => new AvgPool2D({ size: 3, pad: 3 }),
      type: ValueError,
      says: ['nothing but padding', 'smaller than the window of 3', 'received 3'],
    },
    { title: 'half a window', make: () => new AvgPool2D(1.5), type: ValueError, says: ['size', '1.5'] },
    { title: 'a stride of 0', make: () => new AvgPool2D(2, 0), type: ValueError, says: ['stride', 'from 1'] },
  ],
});

type GoldenAttrs = Record<'kernel' | 'stride' | 'padding', Pair> & { count_include_pad: boolean; ceil_mode?: boolean };

goldenSpec('AvgPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ kernel: size, stride, padding: pad, count_include_pad: includePad, ceil_mode: ceilMode }: GoldenAttrs) =>
    new AvgPool2D({ size, stride, pad, includePad, ceilMode }),
});

describe(`AvgPool2D beside its numbers [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  const ones = () => new Variable(new Float32Array(4).fill(1), { shape: [1, 1, 2, 2], requiresGrad: true });

  it('counts padding as zeros unless told otherwise', async () => {
    const y = new AvgPool2D({ size: 2, stride: 2, pad: 1 }).forward(ones());
    expectClose(await y.values(), [0.25, 0.25, 0.25, 0.25], 'y');
  });

  it('gives the mean of the image alone when padding does not count, and that gradient', async () => {
    const x = ones();
    const y = new AvgPool2D({ size: 2, stride: 2, pad: 1, includePad: false }).forward(x);
    y.backward([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    expectClose(await y.values(), [1, 1, 1, 1], 'y');
    expectClose(await x.grad!.data(), [1, 2, 3, 4], 'dx');
  });

  it('lets NaN spread to the windows that see it, and no further', async () => {
    const y = new AvgPool2D().forward([
      [
        [
          [1, NaN, 3, 4],
          [5, 6, 7, 8],
        ],
      ],
    ]);
    expectClose(await y.values(), [NaN, 5.5], 'y');
  });

  it('has a stride of 2 unless another is given, whatever its size', () => {
    expect(new AvgPool2D(3).dataShapeFrom([1, 1, 7, 7])).to.deep.equal([1, 1, 3, 3]);
  });

  it('prints as the call that makes it', () => {
    expect(String(new AvgPool2D(2))).to.equal('AvgPool2D(size=2, stride=2)');
    expect(String(new AvgPool2D([3, 2], 1, 1, false))).to.equal(
      'AvgPool2D(size=[3, 2], stride=1, pad=1, includePad=false)',
    );
    expect(
      String(
        new AvgPool2D({
          size: 2,
          pad: [
            [0, 1],
            [1, 1],
          ],
          ceilMode: true,
        }),
      ),
    ).to.equal('AvgPool2D(size=2, stride=2, pad=[[0, 1], [1, 1]], ceilMode=true)');
  });
});
