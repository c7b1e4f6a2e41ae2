import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { runKernel } from '@tessera-nn/kernels';
import {
  backendName,
  describeBodies,
  expectClose,
  goldenSpec,
  moduleSpec,
  nd,
  onBackend,
  randomNd,
  type Nd,
} from '@tessera-nn/testing';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { goldens } from './upsample-2d.golden.js';
import { Upsample2D } from './upsample-2d.js';
import { upsampleGradientKernel, upsampleKernel } from './upsample-2d.op.js';

/** Each pixel as the sum of all of the image, times how near they are on both axes. */
function reference(x: Nd, _: unknown, { scale, placing }: Upsample2D): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const near = (i: number, at: number, axis: 0 | 1, length: number) => {
    if (placing === 'nearest') return Math.floor(i / scale[axis]!) === at ? 1 : 0;
    const corners = (i * (length - 1)) / (length * scale[axis]! - 1 || 1);
    const middles = Math.min(length - 1, Math.max(0, (i + 0.5) / scale[axis]! - 0.5));
    return Math.max(0, 1 - Math.abs((placing === 'corners' ? corners : middles) - at));
  };
  const y = nd([batch, maps, height * scale[0]!, width * scale[1]!]);
  const [, , h, w] = imageShape(y.shape);
  for (let map = 0, out = 0; map < batch * maps; map++)
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++, out++)
        for (let row = 0; row < height; row++)
          for (let column = 0; column < width; column++) {
            const share = near(i, row, 0, height) * near(j, column, 1, width);
            if (share > 0) y.data[out]! += share * x.data[(map * height + row) * width + column]!;
          }
  return y;
}

moduleSpec('Upsample2D', {
  classes: [Upsample2D],
  reference,
  draw: (draw) => {
    const scale = [draw.whole(1, 4), draw.whole(1, 4)] as const;
    const options = { scale, mode: draw.oneOf(['nearest', 'bilinear'] as const), alignCorners: draw.whole(0, 1) > 0 };
    const shape = [draw.whole(1, 2), draw.whole(1, 5), draw.whole(1, 4), draw.whole(1, 4)];
    return { make: () => new Upsample2D(options), shape };
  },
  cases: [
    { title: 'each pixel four times', make: () => new Upsample2D(), shape: [2, 3, 3, 4] },
    { title: 'other scales of the axes', make: () => new Upsample2D([3, 2]), shape: [1, 4, 2, 3] },
    { title: 'bilinear with aligned corners', make: () => new Upsample2D([2, 3], 'linear'), shape: [1, 3, 3, 4] },
    {
      title: 'bilinear by the middles of pixels',
      make: () => new Upsample2D({ scale: [2, 3], mode: 'bilinear', alignCorners: false }),
      shape: [1, 4, 3, 4],
    },
    { title: 'bilinear of a single pixel', make: () => new Upsample2D(2, 'bilinear'), shape: [5, 5, 1, 1] },
  ],
  otherShape: [1, 2, 4, 2],
  refuses: [
    {
      title: 'a matrix',
      make: () => new Upsample2D({ name: 'up' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Upsample2D "up"', '[1, 2] is not a batch of images'],
    },
    {
      title: 'a mode that there is not',
      make: () => new Upsample2D(2, 'cubic' as never),
      type: ValueError,
      says: ['mode', 'bilinear'],
    },
  ],
});

goldenSpec('Upsample2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({
    scale,
    mode,
    align_corners: alignCorners = true,
  }: {
    scale: number;
    mode: 'nearest';
    align_corners?: boolean;
  }) => new Upsample2D({ scale, mode, alignCorners }),
});

describeBodies('Upsampling kernels', () => {
  it('agree with the composition, whose gradient is a product with the transposed matrices', async () => {
    for (const placing of ['nearest', 'corners', 'middles'] as const) {
      const attrs = { scale: [3, 2], placing } as const;
      const x = tensor(Float32Array.from(randomNd([2, 3, 4, 5], 1).data), [2, 3, 4, 5]);
      const g = tensor(Float32Array.from(randomNd([2, 9, 8, 5], 2).data), [2, 9, 8, 5]);
      const back = { ...attrs, inputShape: x.shape };
      const pairs = [
        [runKernel(upsampleKernel, { x }, attrs), upsampleKernel.compose({ x }, attrs)],
        [runKernel(upsampleGradientKernel, { g }, back), upsampleGradientKernel.compose({ g }, back)],
      ] as const;
      for (const [own, composed] of pairs) {
        expect(composed.shape).to.deep.equal(own.shape);
        expectClose(await own.data(), await composed.data(), placing);
      }
    }
  });
});

describe(`Upsample2D beside its numbers [${backendName}]`, () => {
  onBackend();

  it('repeats infinities and NaN, and lets them spread no further', async () => {
    const y = new Upsample2D([1, 2]).forward(new Variable([1, NaN, Infinity, 2], { shape: [1, 1, 1, 4] }));
    expectClose(await y.values(), [1, 1, NaN, NaN, Infinity, Infinity, 2, 2], 'y');
  });

  it('prints as the call that makes it', () => {
    expect(String(new Upsample2D())).to.equal('Upsample2D(scale=2)');
    expect(String(new Upsample2D({ scale: [2, 3], mode: 'linear', alignCorners: false }))).to.equal(
      'Upsample2D(scale=[2, 3], mode="bilinear", alignCorners=false)',
    );
  });
});
