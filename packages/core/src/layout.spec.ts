import { backendName, collectGarbage, held, itCollects, onBackend } from '@tessera-nn/testing';
import { conv2d, sizeOf } from '@tessera-nn/kernels';
import { sum, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { defineOp } from './autograd/op.js';
import {
  axisOrder,
  channelAxis,
  logicalShape,
  physicalShape,
  relayout,
  toLogicalOrder,
  type Layout,
} from './layout.js';
import { Storage } from './memory/storage.js';
import { parameter } from './variable/parameter.js';
import { Variable } from './variable/variable.js';

const layouts: Layout[] = ['logical', 'channelsLast', 'filter'];
const counting = (size: number) => Float32Array.from({ length: size }, (_, i) => i);

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 10 : 60;

describe('Layouts', () => {
  it('put maps last, and the maps of filters behind their window', () => {
    expect(axisOrder('logical', 4)).to.deep.equal([0, 1, 2, 3]);
    expect(axisOrder('channelsLast', 4)).to.deep.equal([0, 2, 3, 1]);
    expect(axisOrder('channelsLast', 3)).to.deep.equal([0, 2, 1]);
    expect(axisOrder('filter', 4)).to.deep.equal([2, 3, 1, 0]);
  });

  it('leave matrices and vectors of activations as they are', () => {
    for (const rank of [0, 1, 2]) expect(axisOrder('channelsLast', rank)).to.deep.equal(axisOrder('logical', rank));
  });

  it('give the shape that kernels see, and back', () => {
    expect(physicalShape([2, 3, 4, 5], 'channelsLast')).to.deep.equal([2, 4, 5, 3]);
    expect(physicalShape([8, 3, 5, 6], 'filter')).to.deep.equal([5, 6, 3, 8]);
    for (const layout of layouts) {
      expect(logicalShape(physicalShape([2, 3, 4, 5], layout), layout)).to.deep.equal([2, 3, 4, 5]);
    }
  });

  it('say where a logical axis lies, negative ones from the end', () => {
    expect([0, 1, 2, 3].map((axis) => channelAxis(axis, 4, 'channelsLast'))).to.deep.equal([0, 3, 1, 2]);
    expect([-1, -2, -3, -4].map((axis) => channelAxis(axis, 4, 'channelsLast'))).to.deep.equal([2, 1, 3, 0]);
    expect([0, 1, 2, 3].map((axis) => channelAxis(axis, 4, 'filter'))).to.deep.equal([3, 2, 0, 1]);
    expect(channelAxis(-1, 2, 'channelsLast')).to.equal(1);
    expect(channelAxis(1, 4, 'logical')).to.equal(1);
  });
});

describe(`relayout [${backendName}]`, () => {
  onBackend();

  it('moves every element to where the layout wants it', async () => {
    const images = relayout(tensor(counting(12), [1, 3, 2, 2]), 'logical', 'channelsLast');
    expect(images.shape).to.deep.equal([1, 2, 2, 3]);
    expect([...(await images.data())]).to.deep.equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    const filter = relayout(tensor(counting(12), [2, 3, 1, 2]), 'logical', 'filter');
    expect(filter.shape).to.deep.equal([1, 2, 3, 2]);
    expect([...(await filter.data())]).to.deep.equal([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  });

  it('comes back to where it was, from any layout by way of any other, and on the host as well', () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 5 });
    const any = fc.asyncProperty(
      shape,
      fc.constantFrom(...layouts),
      fc.constantFrom(...layouts),
      async (sizes, a, b) => {
        const logical = tensor(counting(sizeOf(sizes)), sizes);
        const [there, further] = [relayout(logical, 'logical', a), relayout(relayout(logical, 'logical', a), a, b)];
        expect(there.shape).to.deep.equal(physicalShape(sizes, a));
        const back = relayout(further, b, 'logical');
        expect(back.shape).to.deep.equal(sizes);
        expect(await back.data()).to.deep.equal(await logical.data());
        expect(toLogicalOrder((await further.data()) as Float32Array, sizes, b)).to.deep.equal(await logical.data());
      },
    );
    return fc.assert(any, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  it('gives a tensor of its own also where nothing moves', async () => {
    for (const shape of [
      [1, 3, 1, 1],
      [2, 1, 3, 2],
    ]) {
      const x = tensor(counting(sizeOf(shape)), shape);
      const moved = relayout(x, 'logical', 'channelsLast');
      const expected = await x.data();
      x.dispose();
      expect(await moved.data()).to.deep.equal(expected);
    }
  });
});

/** A convolution as an op: what wants images channels-last and its weights as a filter. */
const convolve = defineOp({
  name: 'convolve',
  inputs: ['x', 'w'],
  layout: { x: 'channelsLast', w: 'filter' },
  forward: ({ x, w }) => conv2d(x, w, undefined, { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 }),
});

describe(`Variables in other layouts [${backendName}]`, () => {
  onBackend();

  const images = () => new Variable(counting(12), { shape: [1, 3, 2, 2] });
  const values = [1, 0, 0, 10, 0, 0, 100, 0, 0, 1, 0, 0, 10, 0, 0, 100, 0, 0, 1, 0, 0, 10, 0, 0];
  const weights = { shape: [2, 3, 2, 2], name: 'W' };

  it('move parameters into the filter layout for good, and read, print and show them in logical order', async () => {
    const w = parameter(values, weights);
    const before = [String(w), await w.array(), await w.values()];
    expect(w.storage.layout).to.equal('logical');
    const y = convolve({ x: images(), w });
    expect(w.storage.layout).to.equal('filter');
    expect(w.shape).to.deep.equal([2, 3, 2, 2]);
    expect(w.storage.tensor.shape).to.deep.equal([2, 2, 3, 2]);
    expect([String(w), await w.array(), await w.values()]).to.deep.equal(before);
    expect([...(await w.data.data())]).to.deep.equal(values);
    expect(w.data.shape).to.deep.equal([2, 3, 2, 2]);

    const { storage } = w;
    const again = convolve({ x: images(), w });
    expect(w.storage).to.equal(storage);
    expect(await again.array()).to.deep.equal(await y.array());
  });

  it('leave what is not a parameter where it was', () => {
    const [x, w] = [images(), new Variable(values, weights)];
    convolve({ x, w });
    expect([x.storage.layout, w.storage.layout]).to.deep.equal(['logical', 'logical']);
  });

  it('give results their logical shape and order', async () => {
    const x = images();
    const w = new Variable([1, 10, 100], { shape: [1, 3, 1, 1] });
    const y = convolve({ x, w });
    expect(y.shape).to.deep.equal([1, 1, 2, 2]);
    expect(await y.array()).to.deep.equal([
      [
        [
          [840, 951],
          [1062, 1173],
        ],
      ],
    ]);
  });

  it('stay in their layout through arithmetic, and meet logical ones in it', async () => {
    const channelsLast = convolve({ x: images(), w: new Variable([1, 0, 0, 0, 1, 0], { shape: [2, 3, 1, 1] }) });
    expect(channelsLast.storage.layout).to.equal('channelsLast');
    const perMap = new Variable([100, 200], { shape: [1, 2, 1, 1] });
    const y = perMap.add(channelsLast.mul(2));
    expect(y.storage.layout).to.equal('channelsLast');
    expect(y.storage.tensor.shape).to.deep.equal([1, 2, 2, 2]);
    expect(y.sum(1, true).storage.layout).to.equal('channelsLast');
    expect([...(await y.values())]).to.deep.equal([100, 102, 104, 106, 208, 210, 212, 214]);
    expect([...(await y.sum([2, 3]).values())]).to.deep.equal([412, 844]);
  });

  it('go back to logical order where axes are counted otherwise', async () => {
    const channelsLast = convolve({ x: images(), w: new Variable([1, 0, 0, 0, 1, 0], { shape: [2, 3, 1, 1] }) });
    expect(await channelsLast.reshape([2, 4]).array()).to.deep.equal([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(
      await channelsLast
        .add(new Variable([10, 20]))
        .reshape([-1])
        .array(),
    ).to.deep.equal([10, 21, 12, 23, 14, 25, 16, 27]);
    expect(await channelsLast.slice([0, 1, 0, 0], [1, 1, 1, 2]).array()).to.deep.equal([[[[4, 5]]]]);
    expect((await channelsLast.transpose([0, 1, 3, 2]).values())[1]).to.equal(2);
  });

  it('mean nothing to vectors made of images: these are reshaped like any other', async () => {
    const perMap = defineOp({
      name: 'per map',
      inputs: ['x'],
      layout: 'channelsLast',
      forward: ({ x }): Tensor => sum(x, [0, 1, 2]),
    });
    const y = perMap({ x: images() }).reshape([1, 3, 1, 1]);
    expect(y.shape).to.deep.equal([1, 3, 1, 1]);
    expect([...(await y.values())]).to.deep.equal([6, 22, 38]);
  });

  it('give gradients in the logical shape and order, whatever the layout they come in', async () => {
    const pick = defineOp({
      name: 'channels last',
      inputs: ['x'],
      layout: 'channelsLast',
      forward: ({ x }) => x,
      gradients: (g) => ({ x: () => g.mul(1) }),
    });
    const x = new Variable(counting(12), { shape: [1, 3, 2, 2], requiresGrad: true });
    pick({ x })
      .mul(new Variable(counting(12), { shape: [1, 3, 2, 2] }))
      .sum()
      .backward();
    expect(x.grad!.shape).to.deep.equal([1, 3, 2, 2]);
    expect(await x.grad!.data()).to.deep.equal(counting(12));
  });

  itCollects('free the logical view with the values it was made of', async () => {
    await collectGarbage();
    const before = held();
    const channelsLast = relayout(tensor(counting(12), [1, 3, 2, 2]), 'logical', 'channelsLast');
    const x = new Variable(new Storage(channelsLast, 'channelsLast', { op: 'spec', call: undefined }));
    expect(x.data).to.equal(x.data);
    expect(held().storages).to.equal(before.storages + 2);
    const next = new Variable(counting(12), { shape: [1, 3, 2, 2] });
    x.set(next);
    expect(held().storages).to.equal(before.storages + 1);
    x.dispose();
    next.dispose();
    expect(held().storages).to.equal(before.storages);
  });
});
