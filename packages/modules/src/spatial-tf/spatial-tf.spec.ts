import { ShapeError, Variable } from '@tessera-nn/core';
import {
  backendName,
  expectClose,
  goldenSpec,
  map,
  moduleSpec,
  nd,
  onBackend,
  randomNd,
  signedInputs,
  type Nd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './spatial-tf.golden.js';
import { SpatialTf } from './spatial-tf.js';

/** What lies at a place between pixels. */
function seen(x: Nd, image: number, column: number, row: number): number {
  const [, , height, width] = x.shape as [number, number, number, number];
  let total = 0;
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++) {
      const weight = Math.max(0, 1 - Math.abs(row - i)) * Math.max(0, 1 - Math.abs(column - j));
      if (weight > 0) total += weight * x.data[(image * height + i) * width + j]!;
    }
  return total;
}

function reference([x, theta]: readonly Nd[], _: unknown, module: SpatialTf): Nd {
  const y = nd(module.dataShapeFrom([x!.shape, theta!.shape]));
  const [, maps, height, width] = y.shape as [number, number, number, number];
  const [tall, wide] = x!.shape.slice(2) as [number, number];
  return map(y, (_, place) => {
    const [image, i, j] = [Math.floor(place / (height * width)), Math.floor(place / width) % height, place % width];
    const [a, b] = [-1 + (2 * j) / Math.max(1, width - 1), -1 + (2 * i) / Math.max(1, height - 1)];
    const of = theta!.data.slice(Math.floor(image / maps) * 6);
    const [u, v] = [0, 3].map((at) => of[at]! * a + of[at + 1]! * b + of[at + 2]!) as [number, number];
    return seen(x!, image, ((u + 1) * (wide - 1)) / 2, ((v + 1) * (tall - 1)) / 2);
  });
}

/** Maps that turn a little, with no place near a pixel, where there are kinks. */
const input = (shapes: readonly number[]): readonly Nd[] => {
  const [images, theta] = shapes as unknown as readonly (readonly number[])[];
  const turns = [0.81, -0.23, 0.071, 0.19, 0.77, -0.053, 0.69, 0.31, -0.11, -0.17, 0.83, 0.13];
  return [signedInputs(images!, 1), nd(theta!, turns.slice(0, theta![0]! * 6))];
};

moduleSpec<SpatialTf, readonly Nd[]>('SpatialTf', {
  classes: [SpatialTf],
  reference,
  regimes: ['ordinary'],
  cases: [
    {
      title: 'images of their size',
      make: () => new SpatialTf(),
      shape: [
        [2, 2, 3, 4],
        [2, 2, 3],
      ],
      input,
    },
    {
      title: 'images of another size',
      make: () => new SpatialTf([1, 2, 3]),
      shape: [
        [1, 1, 4, 5],
        [1, 2, 3],
      ],
      input,
    },
  ],
  otherShape: [
    [1, 3, 4, 2],
    [1, 2, 3],
  ],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
  refuses: [
    {
      title: 'other maps',
      make: () => new SpatialTf({ shape: [2, 1, 1], name: 'turn' }),
      run: (module) =>
        module.forward([
          new Variable([1], { shape: [1, 1, 1, 1] }),
          new Variable(new Float32Array(6), { shape: [1, 2, 3] }),
        ]),
      type: ShapeError,
      says: ['SpatialTf "turn"', '[batch, 2, height, width] and [batch, 2, 3]', '[1, 1, 1, 1] and [1, 2, 3]'],
    },
  ],
});

goldenSpec('SpatialTf', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ shape }: { shape: [number, number, number] | null }) => new SpatialTf(shape),
  data: ['x', 'theta'],
});

describe(`SpatialTf beside its numbers [${backendName}]`, () => {
  onBackend();

  it('returns the image for the map that changes nothing, and zeros for one that looks elsewhere', async () => {
    const image = randomNd([1, 1, 3, 3], 1).data;
    const through = (theta: number[]) =>
      new SpatialTf()
        .forward([new Variable(image, { shape: [1, 1, 3, 3] }), new Variable(theta, { shape: [1, 2, 3] })])
        .values();
    expectClose(await through([1, 0, 0, 0, 1, 0]), image, 'y');
    expect((await through([1, 0, 9, 0, 1, 0])).every((value) => value === 0)).to.equal(true);
    expect([new SpatialTf(), new SpatialTf([1, 2, 3])].map(String)).to.deep.equal([
      'SpatialTf()',
      'SpatialTf([1, 2, 3])',
    ]);
  });
});
