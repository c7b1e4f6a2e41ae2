import { gradients, seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
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
import { goldens } from './max-pool-2d.golden.js';
import { MaxPool2D } from './max-pool-2d.js';

type Window = MaxPool2D['window'];

/**
 * For each output, in their order, the place of the input it is taken from: of the first of the largest in the part of the
 * window that lies on the image; NaN counts as larger than all.
 */
function sources({ shape, data }: Nd, window: Window): { shape: number[]; places: number[] } {
  const [batch, maps, height, width] = imageShape(shape);
  const [rows, columns] = [windowsAlong(0, height, window).starts, windowsAlong(1, width, window).starts];
  const places: number[] = [];
  for (let map = 0; map < batch * maps; map++) {
    for (const top of rows) {
      for (const left of columns) {
        let largest = -1;
        for (let row = top; row < top + window.size[0]!; row++) {
          for (let column = left; column < left + window.size[1]!; column++) {
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const place = (map * height + row) * width + column;
            const beaten = largest < 0 || data[place]! > data[largest]! || Number.isNaN(data[place]);
            if (beaten && !Number.isNaN(data[largest])) largest = place;
          }
        }
        places.push(largest);
      }
    }
  }
  return { shape: [batch, maps, rows.length, columns.length], places };
}

function reference(x: Nd, _: unknown, { window }: MaxPool2D): Nd {
  const { shape, places } = sources(x, window);
  return nd(
    shape,
    places.map((place) => x.data[place]!),
  );
}

function gradient(x: Nd, g: Nd, _: unknown, { window }: MaxPool2D): Nd {
  const dx = nd(x.shape);
  sources(x, window).places.forEach((place, i) => (dx.data[place] = dx.data[place]! + g.data[i]!));
  return dx;
}

/** Numbers that all differ by 0.01 or more, in an order without pattern: no window lies on a kink. */
function distinct(shape: readonly number[], highest = Infinity): Nd {
  const x = nd(shape);
  const { length } = x.data;
  const step = 37; // shares no factor with any size below, so that every number comes once
  for (let i = 0; i < length; i++) x.data[i] = Math.fround(((i * step) % length) * 0.01 - length * 0.004);
  const above = Math.max(0, Math.max(...x.data) - highest);
  return nd(
    shape,
    x.data.map((value) => Math.fround(value - above)),
  );
}

const negative = (shape: readonly number[]) => distinct(shape, -0.5);

moduleSpec('MaxPool2D', {
  classes: [MaxPool2D],
  reference,
  draw: (draw) => {
    const pair = (least: number, most: number) => [draw.whole(least, most), draw.whole(least, most)] as const;
    const pad = draw.oneOf<() => Pad>([
      () => pair(0, 1),
      () => [pair(0, 1), pair(0, 1)],
      () => 'same',
      () => 'valid',
    ])();
    const options = { size: pair(2, 4), stride: pair(1, 3), pad, ceilMode: draw.whole(0, 1) > 0 };
    return { make: () => new MaxPool2D(options), shape: [draw.whole(1, 3), draw.whole(1, 5), ...pair(4, 7)] };
  },
  specials: true,
  gradient,
  cases: [
    { title: 'two by two', make: () => new MaxPool2D(), shape: [2, 3, 6, 4], input: distinct },
    {
      title: 'sizes that leave a row and a column out',
      make: () => new MaxPool2D(2),
      shape: [2, 3, 5, 7],
      input: distinct,
    },
    {
      title: 'windows that overlap, and nothing above 0 in any',
      make: () => new MaxPool2D({ size: 3, stride: 1, pad: 1 }),
      shape: [1, 3, 4, 5],
      input: negative,
    },
    {
      title: 'padding that a negative image must win over',
      make: () => new MaxPool2D({ size: 3, stride: 2, pad: 2 }),
      shape: [2, 1, 5, 4],
      input: negative,
    },
    {
      title: 'all numbers different on the two axes',
      make: () => new MaxPool2D([3, 2], [1, 3], [0, 1]),
      shape: [1, 3, 4, 6],
      input: distinct,
    },
    {
      title: 'a stride that skips pixels',
      make: () => new MaxPool2D(1, 3),
      shape: [1, 2, 5, 7],
      input: distinct,
    },
    {
      title: 'other padding on each side, and a last window beyond it',
      make: () =>
        new MaxPool2D({
          size: 3,
          stride: 2,
          pad: [
            [0, 1],
            [2, 0],
          ],
          ceilMode: true,
        }),
      shape: [1, 2, 5, 4],
      input: negative,
    },
    {
      title: 'padding that gives every second pixel',
      make: () => new MaxPool2D({ size: 3, stride: 2, pad: 'same' }),
      shape: [1, 2, 4, 5],
      input: distinct,
    },
  ],
  otherShape: [3, 3, 4, 8],
  refuses: [
    {
      title: 'a matrix',
      make: () => new MaxPool2D({ name: 'pool' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['MaxPool2D "pool"', '[1, 2] is not a batch of images', '[batch, maps, height, width]'],
    },
    {
      title: 'images smaller than the window',
      make: () => new MaxPool2D({ size: [4, 2], pad: [0, 1] }),
      run: (module) => module.forward(new Variable(new Float32Array(9), { shape: [1, 1, 3, 3] })),
      type: ShapeError,
      says: ['larger than the padded images of [1, 1, 3, 3]', 'window of [4, 2]', 'fewer poolings'],
    },
    {
      title: 'an empty batch',
      make: () => new MaxPool2D(),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 1, 2, 2] })),
      type: ShapeError,
      says: ['[0, 1, 2, 2] is empty'],
    },
    {
      title: 'padding as wide as the window',
      make: () => new MaxPool2D(2, 2, [1, 2]),
      type: ValueError,
      says: ['nothing but padding', 'smaller than the window of 2', '[1, 2]'],
    },
    { title: 'a window of 0', make: () => new MaxPool2D(0), type: ValueError, says: ['size', 'from 1', '0'] },
    { title: 'half a stride', make: () => new MaxPool2D(2, 0.5), type: ValueError, says: ['stride', '0.5'] },
    { title: 'a negative pad', make: () => new MaxPool2D(2, 2, -1), type: ValueError, says: ['pad', '-1'] },
    {
      title: 'a pad of a name that it does not know',
      make: () => new MaxPool2D(2, 2, 'full' as never),
      type: ValueError,
      says: ['pad', '[[top, bottom], [left, right]]', '"full"'],
    },
  ],
});

type GoldenAttrs = Record<'kernel' | 'stride' | 'padding', Pair> & { ceil_mode?: boolean };

goldenSpec('MaxPool2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ kernel: size, stride, padding: pad, ceil_mode: ceilMode }: GoldenAttrs) =>
    new MaxPool2D({ size, stride, pad, ceilMode }),
});

describe(`MaxPool2D where windows are special [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  /** Pools one image; gives y, the gradient of x for g = 1, 2, 3, ..., and that of g for 1, 2, 3, ... over the image. */
  async function pool(module: MaxPool2D, rows: number[][]) {
    const x = new Variable([[rows]], { requiresGrad: true });
    const y = module.forward(x);
    const counting = (like: Variable) => Float32Array.from({ length: like.size }, (_, i) => i + 1);
    const g = new Variable(counting(y), { shape: y.shape, requiresGrad: true });
    const [dx] = gradients(y, [x], { seed: g, createGraph: true });
    const [dg] = gradients(dx!, [g], { seed: new Variable(counting(x), { shape: x.shape }) });
    return { y: [...(await y.values())], dx: [...(await dx!.values())], dg: [...(await dg!.values())] };
  }

  for (const tied of [3, 0, -3, Infinity, -Infinity]) {
    it(`gives the gradient to the first of equals, in rows from the top, at ${tied}`, async () => {
      const { y, dx, dg } = await pool(new MaxPool2D(), [
        [tied, tied, tied, tied],
        [tied, tied, tied, tied],
      ]);
      expect(y).to.deep.equal([tied, tied]);
      expect(dx).to.deep.equal([1, 0, 2, 0, 0, 0, 0, 0]);
      expect(dg).to.deep.equal([1, 3]);
    });
  }

  it('takes the first of equals also where rows and columns disagree', async () => {
    const { dx } = await pool(new MaxPool2D(3, 3), [
      [0, 0, 5],
      [5, 0, 0],
      [0, 5, 0],
    ]);
    expect(dx).to.deep.equal([0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('adds up what overlapping windows give to one pixel', async () => {
    const { y, dx } = await pool(new MaxPool2D(2, 1), [
      [1, 2, 3],
      [4, 9, 9],
      [7, 8, 9],
    ]);
    expect(y).to.deep.equal([9, 9, 9, 9]);
    expect(dx).to.deep.equal([0, 0, 0, 0, 10, 0, 0, 0, 0]);
  });

  it('gives NaN and its gradient wherever in a window NaN lies, and nowhere else', async () => {
    for (const at of [0, 1, 4, 5]) {
      const image = [1, Infinity, 7, 5, -Infinity, 3, 6, 8];
      image[at] = NaN;
      const { y, dx, dg } = await pool(new MaxPool2D(), [image.slice(0, 4), image.slice(4)]);
      expectClose(y, [NaN, 8], `NaN at ${at}`);
      expect(dx).to.deep.equal(image.map((_, i) => (i === at ? 1 : i === 7 ? 2 : 0)));
      expect(dg).to.deep.equal([at + 1, 8]);
    }
  });

  it('knows numbers below -1e20, which tfjs takes for padding on WebGL', async () => {
    const { y, dx } = await pool(new MaxPool2D({ size: 2, stride: 1, pad: 1 }), [[-1e30]]);
    expectClose(y, [-1e30, -1e30, -1e30, -1e30], 'y');
    expect(dx).to.deep.equal([10]);
  });

  it('finds an infinity and what comes behind it', async () => {
    const { y, dx } = await pool(new MaxPool2D(), [
      [2, Infinity, -Infinity, 1],
      [4, 3, 0.5, -1],
    ]);
    expect(y).to.deep.equal([Infinity, 1]);
    expect(dx).to.deep.equal([0, 1, 0, 2, 0, 0, 0, 0]);
  });

  it('has a stride of 2 unless another is given, whatever its size', () => {
    expect(new MaxPool2D(3).window.stride).to.deep.equal([2, 2]);
    expect(new MaxPool2D({ size: 3 }).dataShapeFrom([1, 1, 7, 7])).to.deep.equal([1, 1, 3, 3]);
  });

  it('prints as the call that makes it', () => {
    expect(String(new MaxPool2D(2))).to.equal('MaxPool2D(size=2, stride=2)');
    expect(String(new MaxPool2D([3, 2], [1, 2], 1))).to.equal('MaxPool2D(size=[3, 2], stride=[1, 2], pad=1)');
  });
});
