import { Variable } from '@tessera-nn/core';
import { imageShape, Storage } from '@tessera-nn/core/internal';
import { launcher, useLauncher } from '@tessera-nn/kernels';
import {
  backendName,
  checkSecondOrder,
  describeBodies,
  expectClose,
  map,
  nd,
  randomNd,
  type Nd,
} from '@tessera-nn/testing';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { batchNorm } from './batch-norm-2d.op.js';
import { batchNormInference } from './batch-norm-inference.op.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 3 : 40;
const EPSILON = 1e-5;
const FACTOR = 0.25;

/** Everything in float64 over [batch, maps, height, width]. */
function reference(x: Nd, scale: Nd, bias: Nd, g: Nd) {
  const [batch, maps, height, width] = imageShape(x.shape);
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

async function check(
  shape: readonly number[],
  offset = 0,
  at: (value: number, i: number) => number = (value) => value,
) {
  const x = map(randomNd(shape, 1), (value, i) => Math.fround(at(value + offset, i)));
  const [scale, bias, g] = [randomNd([shape[1]!], 2), randomNd([shape[1]!], 3), randomNd(shape, 4)];
  const expected = reference(x, scale, bias, g);
  const [mean, running] = [randomNd([shape[1]!], 5), randomNd([shape[1]!], 6)];
  const inputs = [x, scale, bias].map((from) => new Variable(from.data, { shape: from.shape, requiresGrad: true }));
  const statistics = { mean: new Variable(mean.data), variance: new Variable(running.data), factor: FACTOR };
  const results = batchNorm(inputs[0]!, inputs[1]!, inputs[2]!, EPSILON, statistics);
  const { y } = results;
  // One place alone has no variance: its rounding error is all there is, and the gradient is what rounding leaves of 0.
  const tolerance = { relative: 1e-4, ofLargest: offset ? 1e-3 : 2e-5 };
  expectClose(await y.values(), expected.y.data, 'output', tolerance);
  expectClose(await results.centre.values(), expected.mean.data, 'mean');
  expectClose(await results.inverse.values(), expected.inverse.data, 'inverse', tolerance);
  const places = x.data.length / shape[1]!;
  const moved = (old: Nd, next: Nd, share: number) =>
    map(old, (value, c) => value * (1 - FACTOR) + next.data[c]! * share).data;
  expectClose(await results.newMean.values(), moved(mean, expected.mean, FACTOR), 'running mean');
  const unbiased = moved(running, expected.variance, (FACTOR * places) / (places - 1));
  expectClose(await results.newVariance.values(), unbiased, 'running variance', tolerance);
  y.backward(new Variable(g.data, { shape }));
  const grads = [expected.dx, expected.dscale, expected.dbias];
  for (const [i, input] of inputs.entries()) {
    const grad = await new Variable(input.grad!).values();
    expectClose(grad, grads[i]!.data, ['dx', 'dscale', 'dbias'][i]!, tolerance);
  }
}

/** Images in the order in which kernels leave them. */
function channelsLast([batch, maps, height, width]: readonly number[], seed: number): Variable {
  const values = randomNd([batch!, height!, width!, maps!], seed);
  const images = tensor(Float32Array.from(values.data), [...values.shape]);
  return new Variable(new Storage(images, 'channelsLast', { op: 'images', call: undefined }), { requiresGrad: true });
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

  for (const maps of [1, 3, 4]) {
    it(`lose no digit of mean and variance to values far from the mean, first or not, for ${maps} maps`, async () => {
      const [shape, area] = [[64, maps, 14, 14], 14 * 14];
      const small = (i: number) => Math.sin(i * 1.37) + Math.sin(i * 7.7);
      const kinds: readonly ((i: number, place: number) => number)[] = [
        (i, place) => (place === 0 ? 0 : 200 + (i % 3) - 1),
        (i, place) => (place === 0 ? -20000 : 200 + 0.01 * small(i)),
        (i, place) => (place % area === 0 ? 0 : 200 + small(i)),
        (i, place) => (place < 8 * area ? 0 : 200 + small(i)),
        (i, place) => (place < 16 * area ? 1e4 : small(i)),
        (i) => 1e4 + small(i),
        (i) => 2 ** 20 + 1 / 32 + Math.round(16 * small(i)) / 16, // no float32 is the mean
        () => 3.1,
      ];
      for (let first = 0; first < kinds.length; first += maps) {
        const x = map(nd(shape), (_, i) => {
          const [image, c] = [Math.floor(i / (maps * area)), Math.floor(i / area) % maps];
          return Math.fround(kinds[(first + c) % kinds.length]!(i, image * area + (i % area)));
        });
        const [ones, zeros] = [map(nd([maps]), () => 1), nd([maps])];
        const { mean, variance } = reference(x, ones, zeros, x);
        const of = ({ data, shape }: Nd) => new Variable(data, { shape });
        const running = { mean: of(zeros), variance: of(zeros), factor: 1 };
        const results = batchNorm(of(x), of(ones), of(zeros), EPSILON, running);
        const digits = { relative: 4e-7, ofLargest: 0 };
        const places = x.data.length / maps;
        const unbiased = map(variance, (value) => (value * places) / (places - 1)).data;
        expectClose(await results.newMean.values(), mean.data, `means from ${first}`, digits);
        expectClose(await results.newVariance.values(), unbiased, `variances from ${first}`, digits);
      }
    });
  }

  it('agree with them where sums have many terms', async () => {
    await check([20, 8, 9, 7]);
    await check([40, 3, 7, 5]);
    await check([300, 1, 1, 3]);
  });

  it('keep NaN and infinities, first or not, to the maps they stand in, as float64 does', () =>
    check([3, 6, 2, 2], 0, (value, i) => {
      const [image, c, place] = [Math.floor(i / 24), Math.floor(i / 4) % 6, i % 4];
      if (c === 1 && image === 1 && place === 2) return NaN;
      if (c === 2 && image === 0 && place === 0) return Infinity;
      if (c === 3 && image === 2 && place === 1) return -Infinity;
      if (c === 4 && image < 2 && place === 0) return image === 0 ? Infinity : -Infinity;
      return value;
    }));

  it('give gradients to everything they normalise by when the statistics are given', async () => {
    const shape = [3, 5, 2, 4];
    const positive = (values: Nd) => map(values, (value) => Math.fround(Math.abs(value) + 0.2));
    const vector = (from: number) => randomNd([5], from);
    const given = [randomNd(shape, 1), vector(2), positive(vector(3)), vector(4), vector(5)] as const;
    const [x, mean, variance, scale, bias] = given;
    const g = randomNd(shape, 6);
    const inputs = given.map((from) => new Variable(from.data, { shape: from.shape, requiresGrad: true }));
    const statistics = { mean: inputs[1]!, variance: inputs[2]! };
    const y = batchNormInference(inputs[0]!, statistics, inputs[3]!, inputs[4]!, EPSILON);
    const mapOf = (i: number) => Math.floor(i / 8) % 5;
    const inverse = map(variance, (value) => 1 / Math.sqrt(value + EPSILON)).data;
    const deviation = map(x, (value, i) => value - mean.data[mapOf(i)]!).data;
    const total = (values: Nd) =>
      map(nd([5]), (_, c) => values.data.reduce((t, v, i) => (mapOf(i) === c ? t + v : t), 0));
    const dbias = total(g);
    const products = total(map(g, (value, i) => value * deviation[i]!));
    const factor = (c: number) => inverse[c]! * scale.data[c]!;
    const expected = [
      map(g, (value, i) => value * factor(mapOf(i))),
      map(dbias, (value, c) => -value * factor(c)),
      map(products, (value, c) => -0.5 * value * factor(c) * inverse[c]! ** 2),
      map(products, (value, c) => value * inverse[c]!),
      dbias,
    ];
    const output = map(x, (_, i) => deviation[i]! * factor(mapOf(i)) + bias.data[mapOf(i)]!);
    expectClose(await y.values(), output.data, 'output');
    y.backward(new Variable(g.data, { shape }));
    for (const [i, input] of inputs.entries()) {
      expectClose(await new Variable(input.grad!).values(), expected[i]!.data, `gradient of input ${i}`);
    }
  });

  it('can differentiate the gradients by given statistics again, in everything', async () => {
    const shape = [2, 3, 2, 2];
    const vector = (from: number) => randomNd([3], from);
    const variances = map(vector(3), (value) => Math.fround(Math.abs(value) + 0.4));
    const values = [randomNd(shape, 1), vector(2), variances, vector(4), vector(5)] as const;
    const leaves = values.map((from) => new Variable(from.data, { shape: from.shape, requiresGrad: true }));
    const [x, mean, variance, scale, bias] = leaves as [Variable, Variable, Variable, Variable, Variable];
    await checkSecondOrder({
      forward: () => batchNormInference(x, { mean, variance }, scale, bias, EPSILON),
      leaves: ['x', 'mean', 'variance', 'scale', 'bias'].map((name, i) => [name, leaves[i]!]),
      reference: () =>
        map(values[0], (value, i) => {
          const [m, v, s, b] = values.slice(1).map(({ data }) => data[Math.floor(i / 4) % 3]!);
          return (s! * (value - m!)) / Math.sqrt(v! + EPSILON) + b!;
        }),
      values,
    });
  });

  if (backendName === 'webgl') {
    /** Draws of the training forward, of its gradients, and of the forward by running statistics. */
    const run = (shape: readonly number[]) => {
      const vector = (seed: number) => new Variable(randomNd([shape[1]!], seed).data, { requiresGrad: true });
      const [x, g] = [1, 2].map((seed) => channelsLast(shape, seed));
      const [scale, bias] = [vector(3), vector(4)];
      const mean = new Variable(new Float32Array(shape[1]!));
      const variance = new Variable(new Float32Array(shape[1]!).fill(1));
      const draws = [launcher()!.launches];
      const done = () => draws.push(launcher()!.launches);
      const y = batchNorm(x!, scale, bias, EPSILON, { mean, variance, factor: FACTOR }).y;
      done();
      y.backward(g);
      done();
      batchNormInference(x!, { mean, variance }, scale, bias, EPSILON);
      done();
      return draws.slice(1).map((count, i) => count - draws[i]!);
    };

    it('take four draws forward and three back in training, and one by running statistics, whatever the batch is', () => {
      run([6, 8, 5, 4]);
      const { programs, targets } = launcher()!;
      const draws = targets < 8 ? [5, 4, 1] : [4, 3, 1]; // Chromiums differ in what they offer
      expect(run([9, 8, 5, 4])).to.deep.equal(draws);
      expect(run([7, 12, 6, 6])).to.deep.equal(draws);
      expect(launcher()!.programs).to.equal(programs);
    });

    it('take one more each way where a draw fills no more than four textures', async () => {
      useLauncher(true, { targets: 4 });
      try {
        await check([20, 8, 9, 7]);
        await check([4, 3, 5, 5]);
        expect(run([9, 8, 5, 4])).to.deep.equal([5, 4, 1]);
      } finally {
        useLauncher(true);
      }
    });
  }
});
