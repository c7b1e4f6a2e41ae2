import { Variable } from '@tessera/core';
import { backendName, describeBodies, expectClose, map, nd, randomNd, type Nd } from '@tessera/testing';
import fc from 'fast-check';
import { batchNorm } from './batch-norm-2d.op.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 3 : 40;
const EPSILON = 1e-5;

/** Everything in float64 over [batch, maps, height, width]. */
function reference(x: Nd, scale: Nd, bias: Nd, g: Nd) {
  const [batch, maps, height, width] = x.shape as [number, number, number, number];
  const [places, area] = [batch * height * width, height * width];
  const mapOf = (i: number) => Math.floor(i / area) % maps;
  const sums = (values: Nd) => {
    const totals = nd([maps]);
    values.data.forEach((value, i) => (totals.data[mapOf(i)]! += value));
    return totals;
  };
  const mean = map(sums(x), (total) => total / places);
  const deviation = map(x, (value, i) => value - mean.data[mapOf(i)]!);
  const variance = map(sums(map(deviation, (value) => value * value)), (total) => total / places);
  const inverse = map(variance, (value) => 1 / Math.sqrt(value + EPSILON));
  const normal = map(deviation, (value, i) => value * inverse.data[mapOf(i)]!);
  const y = map(normal, (value, i) => value * scale.data[mapOf(i)]! + bias.data[mapOf(i)]!);
  const dbias = sums(g);
  const dscale = sums(map(g, (value, i) => value * normal.data[i]!));
  const dx = map(g, (value, i) => {
    const c = mapOf(i);
    const shared = (dbias.data[c]! + normal.data[i]! * dscale.data[c]!) / places;
    return scale.data[c]! * inverse.data[c]! * (value - shared);
  });
  return { y, mean, variance, inverse, dx, dscale, dbias };
}

async function check(shape: readonly number[], offset = 0): Promise<void> {
  const x = map(randomNd(shape, 1), (value) => Math.fround(value + offset));
  const [scale, bias, g] = [randomNd([shape[1]!], 2), randomNd([shape[1]!], 3), randomNd(shape, 4)];
  const expected = reference(x, scale, bias, g);
  const inputs = [x, scale, bias].map((from) => new Variable(from.data, { shape: from.shape, requiresGrad: true }));
  const [y, mean, variance, inverse] = batchNorm(inputs[0]!, inputs[1]!, inputs[2]!, EPSILON) as [
    Variable,
    Variable,
    Variable,
    Variable,
  ];
  // One place alone has no variance: its rounding error is all there is, and the gradient is what rounding leaves of 0.
  const tolerance = { relative: 1e-4, ofLargest: offset ? 1e-3 : 2e-5 };
  expectClose(await y.values(), expected.y.data, 'output', tolerance);
  expectClose(await mean.values(), expected.mean.data, 'mean');
  expectClose(await variance.values(), expected.variance.data, 'variance', tolerance);
  expectClose(await inverse.values(), expected.inverse.data, 'inverse', tolerance);
  y.backward(new Variable(g.data, { shape }));
  const grads = [expected.dx, expected.dscale, expected.dbias];
  for (const [i, input] of inputs.entries()) {
    const grad = await new Variable(input.grad!).values();
    expectClose(grad, grads[i]!.data, ['dx', 'dscale', 'dbias'][i]!, tolerance);
  }
}

describeBodies('batch norm kernels', () => {
  it('agree with float64 loops, forward and in the gradients, whatever the number of maps', () => {
    const upTo = (max: number, min = 1) => fc.integer({ min, max });
    const property = fc.asyncProperty(fc.tuple(upTo(4, 2), fc.oneof(upTo(6), upTo(33)), upTo(6, 2), upTo(6)), (shape) =>
      check(shape),
    );
    return fc.assert(property, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  it('keep the variance of maps whose mean is large', () => check([4, 9, 5, 5], 300));
});
