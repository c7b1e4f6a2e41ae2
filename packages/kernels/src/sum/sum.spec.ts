import {
  backendName,
  describeBodies,
  expectClose,
  indexAlong,
  nd,
  onBackend,
  randomNd,
  type Nd,
} from '@tessera-nn/testing';
import { dispose, memory, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { addKernel } from '../arithmetic/arithmetic.js';
import { runKernel } from '../kernel.js';
import { launcher } from '../webgl/drawing/find-launcher.js';
import { sumKernel } from './sum.js';
import { sizeOf } from '../shapes.js';

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

  it('sums what is parted and summed again, for any place of the axes', async () => {
    for (const axes of [[0], [1], [2], [0, 1], [0, 2], [1, 2]]) await check([4, 300, 8], axes, false);
    for (const axes of [[2], [0, 2], [0]]) await check([3, 4, 401], axes, false);
    for (const axes of [
      [0, 2],
      [0, 2, 4],
      [1, 3],
    ])
      await check([2, 3, 130, 3, 4], axes, false);
  });

  it('loses no more than a float32 does over a million values', async () => {
    const x = tensor(new Float32Array(1 << 20).fill(0.1), [1 << 10, 1 << 10]);
    for (const axes of [[0], [1], [0, 1]]) {
      const y = runKernel(sumKernel, { x }, { axes, keepDims: false });
      const values = await y.data();
      const expected = new Float64Array(values.length).fill((Math.fround(0.1) * (1 << 20)) / values.length);
      expectClose(values, expected, `over [${axes.join()}]`, { relative: 2e-6, ofLargest: 0 });
      y.dispose();
    }
    x.dispose();
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

if (backendName === 'webgl') {
  describe('sums on WebGL', () => {
    onBackend();

    const run = (shape: readonly number[], axes: readonly number[]) => {
      const size = sizeOf(shape);
      const x = runKernel(addKernel, { a: tensor(new Float32Array(size), [...shape]), b: tensor([1]) }, {});
      const before = launcher()!.launches;
      dispose([x, runKernel(sumKernel, { x }, { axes, keepDims: false })]);
      return launcher()!.launches - before;
    };

    it('take one draw where there is little to sum up, else two, whatever the count of results is', () => {
      for (const axes of [[0], [1]]) expect(run([50, 10], axes), `little, over ${axes.join()}`).to.equal(1);
      for (const columns of [1, 3, 8, 10]) expect(run([5000, columns], [0]), `${columns} columns`).to.equal(2);
      for (const axes of [[1], [0, 1]]) expect(run([7, 5000], axes), `over ${axes.join()}`).to.equal(2);
    });

    it('need no new program for another batch or size', () => {
      run([64, 400, 8], [0, 1]);
      run([64, 400, 8], [1, 2]);
      const programs = launcher()!.programs;
      run([33, 500, 12], [0, 1]);
      run([17, 400, 16], [1, 2]);
      expect(launcher()!.programs).to.equal(programs);
    });
  });
}
