import { backendName, describeBodies, expectClose, indexAlong, nd, randomNd, type Nd } from '@tessera/testing';
import { dispose, memory, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { runKernel } from '../kernel.js';
import { sumKernel } from './sum.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 6 : 60;

/** The sum in float64 with the summed axes kept at size 1. */
function total(x: Nd, axes: readonly number[]): Nd {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = nd(shape);
  x.data.forEach((value, flat) => {
    const at = shape.reduce(
      (place, size, axis) => place * size + (size === 1 ? 0 : indexAlong(x.shape, axis, flat)),
      0,
    );
    result.data[at]! += value;
  });
  return result;
}

async function check(shape: readonly number[], axes: readonly number[], keepDims: boolean): Promise<void> {
  const x = randomNd(shape, 1);
  const expected = total(x, axes);
  const before = memory().numTensors;
  const given = tensor(Float32Array.from(x.data), [...shape]);
  const y = runKernel(sumKernel, { x: given }, { axes, keepDims });
  const kept = keepDims ? expected.shape : shape.filter((_, axis) => !axes.includes(axis));
  expect(y.shape).to.deep.equal([...kept]);
  expectClose(await y.data(), expected.data, `sum of [${shape.join(', ')}] over [${axes.join(', ')}]`);
  dispose([given, y]);
  expect(memory().numTensors, 'tensors that are left').to.equal(before);
}

describeBodies('sum', () => {
  it('agrees with float64 loops for random shapes and any choice of axes', () => {
    const anyShape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });
    const anySum = anyShape.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, axis) => axis)), fc.boolean()),
    );
    const property = fc.asyncProperty(anySum, ([shape, axes, keepDims]) => check(shape, axes, keepDims));
    return fc.assert(property, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  it('sums outer, inner and middle axes of long rows', async () => {
    for (const axes of [[0], [1], [2], [0, 2], [0, 1, 2]]) await check([3, 70, 5], axes, true);
  });

  it('sums over columns of any number, and over axes apart from each other', async () => {
    for (const columns of [1, 3, 8, 13, 33]) await check([50, columns], [0], false);
    await check([2, 3, 5, 2, 9], [0, 2, 4], false);
  });

  it('gives a scalar back unchanged', () => check([], [], false));

  it('gives zeros for the sum of nothing', async () => {
    const y = runKernel(sumKernel, { x: tensor([], [0, 3]) }, { axes: [0], keepDims: false });
    expect(y.shape).to.deep.equal([3]);
    expect([...(await y.data())]).to.deep.equal([0, 0, 0]);
  });

  it('goes on counting past 2^24, along rows and down columns', async () => {
    // Float32 sums one by one stop there: 2^24 + 1 rounds down to 2^24.
    const values = Float32Array.from({ length: 1002 }, (_, i) => (i === 0 ? 2 ** 24 : 1));
    for (const [shape, axis] of [
      [[1, 1002], 1],
      [[1002, 1], 0],
    ] as const) {
      const x = tensor(values, [...shape]);
      const total = runKernel(sumKernel, { x }, { axes: [axis], keepDims: false });
      expect((await total.data())[0]! - 2 ** 24, `over axis ${axis}`).to.be.within(1000, 1002);
      dispose([x, total]);
    }
  });

  it('lets NaN and infinities through, and makes NaN of opposite infinities', async () => {
    const x = tensor([1, NaN, 1, Infinity, Infinity, -Infinity], [3, 2]);
    const y = runKernel(sumKernel, { x }, { axes: [1], keepDims: false });
    expectClose(await y.data(), [NaN, Infinity, NaN], 'sum');
  });

  it('counts what is true as a float32', async () => {
    const y = runKernel(sumKernel, { x: tensor([true, false, true]) }, { axes: [0], keepDims: false });
    expect(y.dtype).to.equal('float32');
    expect([...(await y.data())]).to.deep.equal([2]);
  });
});
