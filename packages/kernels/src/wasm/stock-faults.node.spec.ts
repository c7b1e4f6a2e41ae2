import { expectClose, onBackend } from '@tessera-nn/testing';
import {
  backend,
  backend_util,
  conv2d as stockConv2d,
  fill,
  fused,
  getKernel,
  matMul,
  mean,
  reshape,
  sum,
  tensor,
  tensor4d,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from '../conv2d/conv2d.js';
import type { ConvGeometry } from '../conv2d/geometry.js';
import { defineKernel, runKernel } from '../kernel.js';
import { matmulKernel } from '../matmul/matmul.js';
import { sumKernel } from '../sum/sum.js';
import { allocate, view } from './heap.js';

const plain: ConvGeometry = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };
const straight = { transposeA: false, transposeB: false };
const read = async (of: { data(): Promise<ArrayLike<number>> }) => Array.from(await of.data());

// Each fault is shown beside the guard against it, so that a later tfjs that mends one says that its guard can go.
describe('guards against faults of tfjs-wasm 4.22', () => {
  onBackend();

  it('a right factor in another shape than at its first use is multiplied rightly; tfjs reuses the packed weights', async () => {
    const values = [1, 2, 3, 4, 5, 6];
    const narrow = tensor(values, [3, 2]);
    matMul(tensor([[1, 1, 1]]), narrow);
    // The old operator has two outputs, so it leaves the third as it was: wrong, but inside its memory.
    const stock = matMul(tensor([[1, 1]]), reshape(narrow, [2, 3]));
    expect(await read(stock)).not.to.deep.equal([5, 7, 9]);

    const ours = tensor(values, [3, 2]);
    runKernel(matmulKernel, { a: tensor([[1, 1, 1]]), b: ours, bias: undefined }, straight);
    const wide = { a: tensor([[1, 1]]), b: reshape(ours, [2, 3]), bias: undefined };
    expect(await read(runKernel(matmulKernel, wide, straight))).to.deep.equal([5, 7, 9]);
  });

  it('a bias is added once to every row of a product with a transposed factor; tfjs adds it for each block', async () => {
    const [a, b, bias] = [
      tensor(new Float32Array(200).fill(1), [2, 100]),
      tensor(new Float32Array(300).fill(1), [3, 100]),
      tensor([1, 2, 3]),
    ];
    const right = [101, 102, 103, 101, 102, 103];
    expect(await read(fused.matMul({ a, b, bias, transposeB: true }))).to.deep.equal([103, 106, 109, 109, 109, 109]);
    const ours = runKernel(matmulKernel, { a, b, bias }, { transposeA: false, transposeB: true });
    expect(await read(ours)).to.deep.equal(right);
  });

  it('a sum goes on past 2^24; tfjs counts in float32, where 2^24 + 1 is 2^24', async () => {
    const x = tensor(Float32Array.from({ length: 1001 }, (_, i) => (i === 0 ? 2 ** 24 : 1)));
    expect(await read(sum(x))).to.deep.equal([2 ** 24]);
    expect(await read(runKernel(sumKernel, { x }, { axes: [0], keepDims: false }))).to.deep.equal([2 ** 24 + 1000]);
  });

  it('a convolution with a stride beyond its window is computed; tfjs gives zeros for "same" padding', async () => {
    const image = tensor4d(new Float32Array(36).fill(1), [1, 6, 6, 1]);
    const filter = tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
    expect(await read(stockConv2d(image, filter, 3, 'same'))).to.deep.equal([0, 0, 0, 0]);
    // "same" wants ceil(6 / 3) positions in each direction, which fit without padding.
    const geometry = { strides: [3, 3], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 } as const;
    expect(await read(conv2d(image, filter, undefined, geometry))).to.deep.equal([10, 10, 10, 10]);
  });

  it('padding around an oblong window gives the right shape; tfjs takes its height for its width', async () => {
    // Only the shape is asked of tfjs: the convolution itself would write past its memory.
    const info = backend_util.computeConv2DInfo([1, 5, 5, 1], [3, 1, 1, 1], 1, 1, 1);
    expect(info.outShape).to.deep.equal([1, 5, 5, 1]);

    const image = tensor(
      Array.from({ length: 25 }, (_, i) => i),
      [1, 5, 5, 1],
    );
    const filter = tensor([0, 1, 0], [3, 1, 1, 1]);
    const geometry = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
    const y = conv2d(image, filter, undefined, geometry);
    expect(y.shape).to.deep.equal([1, 5, 7, 1]);
    const rows = Array.from({ length: 5 }, (_, h) => [0, ...Array.from({ length: 5 }, (_, w) => 5 * h + w), 0]);
    expectClose(await y.data(), rows.flat(), 'image with columns of zeros');
  });

  it('a mean of many equal values is their value; tfjs loses a twelfth of it in float32 sums', async () => {
    const x = fill([1e7], 0.1);
    const [stock] = await read(mean(x));
    expect(stock).to.be.greaterThan(0.105);
    const [total] = await read(runKernel(sumKernel, { x }, { axes: [0], keepDims: false }));
    expect(total! / 1e7).to.be.closeTo(0.1, 1e-7);
    x.dispose();
  });

  it('a convolution is differentiated in its filter; tfjs has no kernel for it', async () => {
    const [x, filter] = [tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), tensor4d([5, 6], [1, 2, 1, 1])];
    expect(getKernel('Conv2DBackpropFilter', 'wasm')).to.equal(undefined);

    const dy = tensor4d([10, 100], [1, 2, 1, 1]);
    expect(await read(conv2dFilterGradient(x, dy, plain, filter.shape))).to.deep.equal([310, 420]);
  });

  it('a grouped convolution is differentiated; tfjs has no kernels for the gradients of a depthwise one', async () => {
    const [x, filter] = [tensor4d([1, 2, 3, 4], [1, 1, 2, 2]), tensor4d([5, 6], [1, 1, 2, 1])];
    expect(getKernel('DepthwiseConv2dNativeBackpropFilter', 'wasm')).to.equal(undefined);
    expect(getKernel('DepthwiseConv2dNativeBackpropInput', 'wasm')).to.equal(undefined);

    const geometry = { ...plain, groups: 2 };
    const dy = tensor4d([1, 10, 100, 1000], [1, 1, 2, 2]);
    expect(await read(conv2dFilterGradient(x, dy, geometry, [1, 1, 1, 2]))).to.deep.equal([301, 4020]);
    const ownFilter = reshape(filter, [1, 1, 1, 2]);
    expect(await read(conv2dInputGradient(dy, ownFilter, geometry, x.shape))).to.deep.equal([5, 60, 500, 6000]);
  });

  it('a weight that changed in place is multiplied as it is now; tfjs multiplies by what it packed before', async () => {
    // Ours never writes into an input all the same: other kernels of tfjs may have packed it.
    const [a, weight] = [tensor([[1, 1]]), tensor([1, 2], [2, 1])];
    expect(await read(matMul(a, weight))).to.deep.equal([3]);
    view(weight).set([10, 20]);
    expect(await read(matMul(a, weight))).to.deep.equal([3]);
    expect(await read(runKernel(matmulKernel, { a, b: weight, bias: undefined }, straight))).to.deep.equal([30]);
  });

  it('values are read where they lie after memory grew; a view of before stays behind in tfjs', async () => {
    const x = tensor([1, 2, 3]);
    const early = view(x);
    const large = allocate([6e7]);
    expect(early.buffer).not.to.equal(view(x).buffer);
    backend().disposeData(large.dataId);

    const growing = defineKernel<{ x: Tensor }, object, Tensor[]>({
      name: 'SpecGrowing',
      outputs: (inputs) => [{ shape: inputs.x.shape }, { shape: [1.4e8] }],
      compose: (inputs) => [inputs.x.clone(), inputs.x.clone()],
      loops: ({ values, outputs }) => outputs[0]!.set(values.x.map((value) => 2 * value)),
    });
    const [twice, room] = runKernel(growing, { x }, {}) as [Tensor, Tensor];
    room.dispose();
    expect(await read(twice)).to.deep.equal([2, 4, 6]);
  });
});
