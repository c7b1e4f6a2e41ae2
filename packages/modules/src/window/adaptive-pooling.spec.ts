import { ShapeError } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { distinctNd, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { AdaptiveAvgPool2D } from '../adaptive-avg-pool-2d/adaptive-avg-pool-2d.js';
import { AdaptiveMaxPool2D } from '../adaptive-max-pool-2d/adaptive-max-pool-2d.js';

function reference(x: Nd, _: unknown, module: AdaptiveAvgPool2D | AdaptiveMaxPool2D): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [h, w] = module.size;
  const y = nd([batch, maps, h, w]);
  for (let map = 0, at = 0; map < batch * maps; map++)
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++) {
        const seen: number[] = [];
        for (let row = Math.floor((i * height) / h); row < ((i + 1) * height) / h; row++)
          for (let column = Math.floor((j * width) / w); column < ((j + 1) * width) / w; column++)
            seen.push(x.data[(map * height + row) * width + column]!);
        const mean = seen.reduce((a, b) => a + b, 0) / seen.length;
        y.data[at++] = module instanceof AdaptiveMaxPool2D ? Math.max(...seen) : mean;
      }
  return y;
}

for (const Class of [AdaptiveAvgPool2D, AdaptiveMaxPool2D]) {
  moduleSpec<AdaptiveAvgPool2D | AdaptiveMaxPool2D>(Class.className, {
    classes: [Class],
    reference,
    regimes: ['ordinary'],
    cases: [
      { title: 'a size that divides', make: () => new Class(2), shape: [2, 3, 4, 6], input: distinctNd },
      {
        title: 'windows of one size that overlap',
        make: () => new Class([3, 2]),
        shape: [1, 2, 7, 3],
        input: distinctNd,
      },
      { title: 'windows of several sizes', make: () => new Class([2, 3]), shape: [1, 2, 4, 7], input: distinctNd },
      { title: 'more pixels than there were', make: () => new Class(3), shape: [1, 2, 2, 1], input: distinctNd },
      { title: 'one pixel everywhere', make: () => new Class(2), shape: [2, 2, 1, 1], input: distinctNd },
    ],
    otherShape: [1, 2, 5, 8],
    refuses: [
      {
        title: 'a matrix',
        make: () => new Class({ size: 1, name: 'pool' }),
        run: (module) => module.forward([[1, 2]]),
        type: ShapeError,
        says: [`${Class.className} "pool"`, '[1, 2] is not a batch of images'],
      },
    ],
  });
}
