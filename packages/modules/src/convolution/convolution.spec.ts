import { seed, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose, randomNd } from '@tessera-nn/testing';
import { conv2d, inputGradient } from './convolution.op.js';

const random = (shape: readonly number[], of: number) => new Variable(randomNd(shape, of).data, { shape });

describeBodies('A convolution and its transpose', () => {
  beforeEach(() => seed(1));

  it('are adjoint: both give the same number of x, W and g', async () => {
    const window = { strides: [2, 1], pads: [1, 0, 0, 2], dilations: [1, 2], groups: 2 } as const;
    const [x, W] = [random([2, 4, 6, 5], 1), random([6, 2, 3, 2], 2)];
    const y = conv2d(x, W, null, window);
    const g = random(y.shape, 3);
    const back = inputGradient(g, W, x.shape, window);
    expectClose([await y.mul(g).sum().item()], [await back.mul(x).sum().item()], 'the product', { relative: 1e-4 });
  });
});
