import { ShapeError, Variable } from '@tessera-nn/core';
import { backendName, moduleSpec, nd, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { Flatten } from './flatten.js';

/** [n, a, b, ...] to [n, a * b * ...], the first of the axes slowest. */
function reference(x: Nd): Nd {
  let columns = 1;
  for (const size of x.shape.slice(1)) columns *= size;
  return nd([x.shape[0]!, columns], x.data);
}

moduleSpec('Flatten', {
  classes: [Flatten],
  reference,
  specials: true,
  cases: [
    { title: 'images', make: () => new Flatten(), shape: [2, 3, 4, 5] },
    { title: 'a matrix', make: () => new Flatten('flat'), shape: [3, 4] },
    { title: 'a vector becomes one column', make: () => new Flatten(), shape: [5] },
    { title: 'rank 5', make: () => new Flatten(), shape: [2, 2, 3, 1, 2] },
  ],
  otherShape: [3, 2, 2, 7],
  refuses: [
    {
      title: 'a number without a batch axis',
      make: () => new Flatten('flat'),
      run: (module) => module.forward(new Variable([1], { shape: [] })),
      type: ShapeError,
      says: ['Flatten "flat"', 'no batch axis', '[]'],
    },
    {
      title: 'an empty batch',
      make: () => new Flatten(),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 3, 2, 2] })),
      type: ShapeError,
      says: ['[0, 3, 2, 2] is empty'],
    },
  ],
});

describe(`Flatten behind a convolution [${backendName}]`, () => {
  onBackend();

  // Convolutions leave their images channels-last in memory; users count maps first.
  const images = Float32Array.from({ length: 24 }, (_, i) => i);
  const copying = () => {
    const module = new Conv2D({ inmaps: 2, outmaps: 2, size: 1, useBias: false });
    return module.setVar('W', new Variable([1, 0, 0, 1], { shape: [2, 2, 1, 1] }));
  };

  it('gives maps first, then rows, then columns', async () => {
    const y = new Flatten().forward(copying().forward(new Variable(images, { shape: [2, 2, 2, 3] })));
    expect(y.shape).to.deep.equal([2, 12]);
    expect(await y.values()).to.deep.equal(images);
  });

  it('brings each gradient back to its place', async () => {
    const x = new Variable(images, { shape: [2, 2, 2, 3], requiresGrad: true });
    new Flatten().forward(copying().forward(x)).backward(new Variable(images, { shape: [2, 12] }));
    expect(await x.grad!.data()).to.deep.equal(images);
  });
});
