import { ShapeError } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { distinctNd, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { GlobalAvgPool2D } from '../global-avg-pool-2d/global-avg-pool-2d.js';
import { GlobalMaxPool2D } from '../global-max-pool-2d/global-max-pool-2d.js';

function reference(x: Nd, _: unknown, module: GlobalAvgPool2D | GlobalMaxPool2D): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const y = nd(module.keepDims ? [batch, maps, 1, 1] : [batch, maps]);
  for (let map = 0; map < batch * maps; map++) {
    const pixels = x.data.slice(map * height * width, (map + 1) * height * width);
    const sum = pixels.reduce((total, value) => total + value, 0);
    y.data[map] = module instanceof GlobalMaxPool2D ? Math.max(...pixels) : sum / pixels.length;
  }
  return y;
}

for (const Class of [GlobalAvgPool2D, GlobalMaxPool2D]) {
  moduleSpec<GlobalAvgPool2D | GlobalMaxPool2D>(Class.className, {
    classes: [Class],
    reference,
    regimes: ['ordinary'],
    cases: [
      { title: 'a number for each map', make: () => new Class(), shape: [2, 3, 4, 5], input: distinctNd },
      {
        title: 'a pixel for each map',
        make: () => new Class({ keepDims: true }),
        shape: [1, 4, 3, 3],
        input: distinctNd,
      },
    ],
    otherShape: [3, 2, 5, 3],
    refuses: [
      {
        title: 'a matrix',
        make: () => new Class({ name: 'pool' }),
        run: (module) => module.forward([[1, 2]]),
        type: ShapeError,
        says: [`${Class.className} "pool"`, '[1, 2] is not a batch of images'],
      },
    ],
  });
}
