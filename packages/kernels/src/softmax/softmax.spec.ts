import { backendName, describeBodies, expectClose, indexAlong, map, nd, randomNd, type Nd } from '@tessera-nn/testing';
import { dispose, memory, tensor, transpose } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'chai';
import { runKernel } from '../kernel.js';
import { softmaxGradientKernel, softmaxKernel } from './softmax.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 6 : 60;

/** What the values along an axis that an element lies on come to. */
function along(x: Nd, axis: number, of: (values: number[]) => number): number[] {
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const first = [...x.data.keys()].map((at) => at - indexAlong(x.shape, axis, at) * inner);
  const found = new Map<number, number>();
  for (const from of first) {
    if (found.has(from)) continue;
    found.set(from, of(Array.from({ length: x.shape[axis]! }, (_, i) => x.data[from + i * inner]!)));
  }
  return first.map((from) => found.get(from)!);
}

function logarithms(x: Nd, axis: number): Nd {
  const largest = along(x, axis, (values) => Math.max(...values));
  const shifted = map(x, (value, i) => value - largest[i]!);
  const totals = along(shifted, axis, (values) => values.reduce((sum, value) => sum + Math.exp(value), 0));
  return map(shifted, (value, i) => value - Math.log(totals[i]!));
}

async function check(x: Nd, axis: number, isLog: boolean): Promise<void> {
  const exact = map(logarithms(x, axis), (value) => (isLog ? value : Math.exp(value)));
  const g = randomNd(x.shape, 2);
  const totals = along(nd(x.shape, isLog ? g.data : map(g, (value, i) => value * exact.data[i]!).data), axis, (part) =>
    part.reduce((sum, value) => sum + value, 0),
  );
  const slopes = map(g, (value, i) =>
    isLog ? value - Math.exp(exact.data[i]!) * totals[i]! : exact.data[i]! * (value - totals[i]!),
  );
  const what = `softmax of [${x.shape.join(', ')}] along ${axis}`;
  const before = memory().numTensors;
  const given = tensor(Float32Array.from(x.data), [...x.shape]);
  const y = runKernel(softmaxKernel, { x: given }, { axis, isLog });
  expect(y.shape).to.deep.equal([...x.shape]);
  expectClose(await y.data(), exact.data, what);
  const back = tensor(Float32Array.from(g.data), [...g.shape]);
  const dx = runKernel(softmaxGradientKernel, { y, g: back }, { axis, isLog });
  expectClose(await dx.data(), slopes.data, `gradient of ${what}`);
  dispose([given, y, back, dx]);
  expect(memory().numTensors, 'tensors that are left').to.equal(before);
}

describeBodies('softmax', () => {
  it('agrees with float64 for random shapes along any axis, and so does its logarithm', () => {
    const anyShape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    const anyUse = anyShape.chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.boolean()));
    const property = fc.asyncProperty(anyUse, ([shape, axis, isLog]) => check(randomNd(shape, 1), axis, isLog));
    return fc.assert(property, { numRuns: RANDOM_RUNS, seed: 20261128 });
  });

  it('takes long rows, long columns, and columns that fill no four', async () => {
    for (const [shape, axis] of [
      [[3, 1003], 1],
      [[1001, 7], 0],
      [[2, 300, 12], 1],
    ] as const) {
      for (const isLog of [false, true]) await check(randomNd(shape, 1), axis, isLog);
    }
  });

  it('neither overflows nor loses the small ones', async () => {
    const rows = [
      [1000, 999, -1000],
      [-1e30, -1e30, -2e30],
      [88, -88, 0],
    ];
    for (const isLog of [false, true]) {
      for (const row of rows) await check(nd([1, 3], row), 1, isLog);
      await check(nd([3, 3], rows.flat()), 1, isLog);
    }
  });

  it('keeps NaN and infinities in their row', async () => {
    const x = tensor([
      [1, NaN, 2],
      [0, -Infinity, 0],
      [Infinity, 1, 1],
      [-Infinity, -Infinity, -Infinity],
      [5, 5, -1e30],
    ]);
    const none = [NaN, NaN, NaN];
    const shares = [...none, ...[0.5, 0, 0.5], ...none, ...none, ...[0.5, 0.5, 0]];
    const y = runKernel(softmaxKernel, { x }, { axis: 1, isLog: false });
    expectClose(await y.data(), shares, 'along rows');
    const columns = runKernel(softmaxKernel, { x: transpose(x) }, { axis: 0, isLog: false });
    expectClose(await transpose(columns).data(), shares, 'along columns');
  });
});
