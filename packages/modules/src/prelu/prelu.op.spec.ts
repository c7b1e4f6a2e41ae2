import { Variable } from '@tessera-nn/core';
import { launcher } from '@tessera-nn/kernels';
import { backendName, describeBodies, expectClose, indexAlong, nd, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { prelu } from './prelu.op.js';
import { alongAxis } from './slope-shapes.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 4 : 40;

async function check(shape: readonly number[], axis: number): Promise<void> {
  const [x, slopes, g] = [randomNd(shape, 1), randomNd([shape[axis]!], 2), randomNd(shape, 3)];
  const slopeOf = (i: number) => indexAlong(shape, axis, i);
  const [y, dx, dslopes] = [nd(shape), nd(shape), nd(slopes.shape)];
  x.data.forEach((value, i) => {
    const slope = slopes.data[slopeOf(i)]!;
    y.data[i] = value > 0 ? value : slope * value;
    dx.data[i] = value > 0 ? g.data[i]! : slope * g.data[i]!;
    if (!(value > 0)) dslopes.data[slopeOf(i)]! += value * g.data[i]!;
  });
  const inputs = [x, slopes].map(({ data, shape }) => new Variable(data, { shape, requiresGrad: true }));
  const result = prelu(inputs[0]!, alongAxis(inputs[1]!, axis, shape.length));
  expectClose(await result.values(), y.data, 'output');
  result.backward(new Variable(g.data, { shape }));
  expectClose(await new Variable(inputs[0]!.grad!).values(), dx.data, 'dx');
  expectClose(await new Variable(inputs[1]!.grad!).values(), dslopes.data, 'dslopes');
}

describeBodies('prelu kernels', () => {
  it('agree with float64 loops for slopes along any axis', () => {
    const upTo = (max: number, min = 1) => fc.integer({ min, max });
    const shape = fc.tuple(upTo(4), fc.oneof(upTo(6), upTo(33)), upTo(7), upTo(9));
    const property = fc.asyncProperty(shape, upTo(3), (shape, axis) => check(shape, axis));
    return fc.assert(property, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  for (const [shape, axis] of [
    [[40, 6, 5, 8], 3],
    [[40, 8, 6, 6], 1],
    [[30, 3, 7, 5], 1],
    [[300, 5], 1],
  ] as const) {
    it(`agree with them where sums have many terms: [${shape.join(', ')}], axis ${axis}`, () => check(shape, axis));
  }

  if (backendName === 'webgl') {
    it('take one draw forward and three for both gradients, and no new program for another batch', () => {
      const run = (shape: readonly number[]) => {
        const x = new Variable(randomNd(shape, 1).data, { shape, requiresGrad: true });
        const slopes = new Variable(randomNd([shape[3]!], 2).data, { requiresGrad: true });
        const g = new Variable(randomNd(shape, 3).data, { shape });
        const { launches } = launcher()!;
        const y = prelu(x, alongAxis(slopes, 3, shape.length));
        const forward = launcher()!.launches - launches;
        y.backward(g);
        return [forward, launcher()!.launches - launches - forward];
      };
      expect(run([9, 6, 5, 8])).to.deep.equal([1, 3]);
      const { programs } = launcher()!;
      expect(run([30, 7, 5, 12])).to.deep.equal([1, 3]);
      expect(launcher()!.programs).to.equal(programs);
    });
  }
});
