import { Variable } from '@tessera-nn/core';
import { onBackend } from '@tessera-nn/testing';
import { engine, maxPool as stockMaxPool, tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { maxPool } from './max-pool-2d.op.js';

const geometry = { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;

/** The gradient of the largest of a 2 by 2 image, by tfjs's own kernel and by ours. */
async function gradients(values: number[]) {
  const input = tensor4d(values, [1, 2, 2, 1]);
  const output = stockMaxPool(input, 2, 2, 'valid');
  const stock: Tensor = engine().runKernel(
    'MaxPoolGrad',
    { dy: tensor4d([7], [1, 1, 1, 1]), input, output },
    { filterSize: [2, 2], strides: [2, 2], pad: 'valid' },
  );
  const x = new Variable(values, { shape: [1, 1, 2, 2], requiresGrad: true });
  const y = maxPool(x, geometry);
  y.backward(new Variable([7], { shape: [1, 1, 1, 1] }));
  return {
    stock: { output: [...(await output.data())], gradient: [...(await stock.data())] },
    ours: { output: [...(await y.values())], gradient: [...(await new Variable(x.grad!).values())] },
  };
}

// Each fault is shown beside the guard against it, so that a later tfjs that mends one says that its guard can go.
describe('max pooling where tfjs-wasm 4.22 fails', () => {
  onBackend();

  it('gives a window without positive values its gradient where its largest is; tfjs where the window begins', async () => {
    const { stock, ours } = await gradients([-4, -3, -1, -2]);
    expect(stock.gradient).to.deep.equal([7, 0, 0, 0]);
    expect(ours.gradient).to.deep.equal([0, 0, 7, 0]);
  });

  it('gives the first of equal values the gradient; tfjs takes the last', async () => {
    const { stock, ours } = await gradients([1, 5, 5, 2]);
    expect(stock.gradient).to.deep.equal([0, 0, 7, 0]);
    expect(ours.gradient).to.deep.equal([0, 7, 0, 0]);
  });

  it('shows a NaN; tfjs passes over it', async () => {
    const { stock, ours } = await gradients([NaN, NaN, NaN, NaN]);
    expect(stock.output).to.deep.equal([-Infinity]);
    expect(ours.output).to.deep.equal([NaN]);
    expect(ours.gradient).to.deep.equal([7, 0, 0, 0]);
  });
});
