import {
  backendName,
  doubleDifferences,
  expectClose,
  map,
  moduleSpec,
  nd,
  onBackend,
  randomNd,
  type Nd,
} from '@tessera-nn/testing';
import { useLauncher } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { addAll, Conv2D, gradCheck, gradients, kernelReport, seed, Sequential, Variable } from 'tessera-nn';
import { FastSwish } from './fast-swish.js';
import { Swish } from './swish.js';

const exact = (x: Nd, b: Nd) => map(x, (value) => value / (1 + Math.exp(-value * b.data[0]!)));

for (const Kind of [Swish, FastSwish]) {
  moduleSpec(Kind.className, {
    classes: [Kind],
    reference: (x, { beta }) => exact(x, beta!),
    cases: [
      { title: 'images', make: () => new Kind({ beta: 1.5 }), shape: [2, 3, 4, 5] },
      { title: 'a matrix of odd size', make: () => new Kind(), shape: [3, 7] },
      { title: 'one number, and a negative b', make: () => new Kind({ beta: -0.5 }), shape: [1] },
    ],
    otherShape: [3, 3, 2, 7],
    gradientsAtOnce: Kind === FastSwish,
  });

  describe(`${Kind.className} [${backendName}]`, () => {
    onBackend();
    beforeEach(() => seed(1));

    it('passes gradCheck behind a convolution, whose maps lie last in memory', async () => {
      const net = new Sequential([new Conv2D(1, 3, 3), new Kind({ beta: 0.8 })]);
      const report = await gradCheck(net, [new Variable(randomNd([2, 1, 4, 5], 3).data, { shape: [2, 1, 4, 5] })]);
      expect(report.ok, String(report)).to.equal(true);
    });

    it('has the second derivatives that differences of differences have, also through what comes behind', async () => {
      const inputs = [randomNd([2, 3], 4), nd([1], [1.3])];
      const module = new Kind({ beta: 1.3 });
      const x = new Variable(inputs[0]!.data, { shape: [2, 3], requiresGrad: true });
      const wanted = [x, module.beta];
      const cotangent = randomNd([2, 3], 5);
      const directions = inputs.map(({ shape }, i) => randomNd(shape, 6 + i));
      const weights = new Variable(cotangent.data, { shape: [2, 3] });
      const slopes = gradients(module.forward(x).square(), wanted, { seed: weights, createGraph: true });
      const along = slopes.map((slope, i) =>
        slope.mul(new Variable(directions[i]!.data, { shape: slope.shape })).sum(),
      );
      for (const [i, found] of gradients(addAll(along), wanted).entries()) {
        const run = () => map(exact(inputs[0]!, inputs[1]!), (y) => y * y);
        const expected = doubleDifferences(run, inputs, directions, i, cotangent);
        expectClose(await found.values(), expected, `second gradient ${i}`);
      }
    });
  });
}

describe(`The bodies of FastSwish [${backendName}]`, () => {
  onBackend();
  afterEach(() => backendName === 'webgl' && useLauncher(true));

  it('are the ones of formulas on this backend', () => {
    const module = new FastSwish();
    module.forward([1, 2, 3]).backward([1, 1, 1]);
    const expected = { webgl: 'webgl', wasm: 'companion' }[backendName] ?? 'cpu';
    const ran = kernelReport().filter(({ kernel, backend }) => kernel.startsWith('Swish') && backend === backendName);
    expect(ran.map(({ kernel, body }) => `${kernel} ${body}`)).to.include.members([
      `Swish ${expected}`,
      `SwishGradient ${expected}`,
    ]);
  });

  it('agree with what runs where there is no launcher', async () => {
    if (backendName !== 'webgl') return;
    const results: ArrayLike<number>[] = [];
    for (const on of [true, false]) {
      useLauncher(on);
      const x = new Variable(randomNd([3, 5], 7).data, { shape: [3, 5], requiresGrad: true });
      const module = new FastSwish({ beta: 0.7 });
      module.forward(x).mul(x).sum().backward();
      results.push([...(await x.grad!.data()), ...(await module.beta.grad!.data())]);
    }
    expectClose(results[0]!, results[1]!, 'gradients');
  });
});
