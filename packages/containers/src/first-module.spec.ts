import { checkpoint, scope, seed, Variable, type Module } from '@tessera-nn/core';
import { kernelReport } from '@tessera-nn/kernels';
import { AvgPool2D, Conv2D, Linear, MaxPool2D, PRelu } from '@tessera-nn/modules';
import { backendName, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Sequential } from './sequential.js';

const conv = () => new Conv2D(2, 2, 3, 1, 1);
const images = randomNd([2, 2, 6, 6], 1);
const rows = randomNd([4, 5], 2);

/** Nets whose first module has an input gradient of its own, and how often its kernels run in a whole backward pass. */
const nets: { title: string; make: () => Module; input: typeof images; kernels: RegExp; all: number }[] = [
  {
    title: 'Conv2D',
    make: () => new Sequential([conv(), conv()]),
    input: images,
    kernels: /^Conv2DInputGradient$/,
    all: 2,
  },
  {
    title: 'Conv2D in a container in a container',
    make: () => new Sequential([new Sequential([new Sequential([conv()]), conv()])]),
    input: images,
    kernels: /^Conv2DInputGradient$/,
    all: 2,
  },
  {
    title: 'Conv2D in a checkpoint',
    make: () => new Sequential([checkpoint(new Sequential([conv(), conv()])), checkpoint(conv())]),
    input: images,
    kernels: /^Conv2DInputGradient$/,
    all: 3,
  },
  {
    title: 'PRelu',
    make: () => new Sequential([new PRelu(2), new PRelu(2)]),
    input: images,
    kernels: /^PreluInputGradient$/,
    all: 2,
  },
  {
    title: 'MaxPool2D, which has no parameters',
    make: () => new Sequential([new MaxPool2D(2), conv()]),
    input: images,
    kernels: /^MaxPool2D.*Gradient$/,
    all: 1,
  },
  {
    title: 'AvgPool2D, which has none either',
    make: () => new Sequential([new AvgPool2D(2), conv()]),
    input: images,
    kernels: /^AvgPool2DGradient$/,
    all: 1,
  },
  {
    title: 'Linear',
    make: () => new Sequential([new Linear(5, 3), new Linear(3, 2)]),
    input: rows,
    kernels: /^Matmul$/,
    all: 4,
  },
];

/** How often kernels of such names ran during work. */
function runsOf(kernels: RegExp, work: () => void): number {
  const count = () =>
    kernelReport().reduce(
      (total, { kernel, backend, calls }) => total + (backend === backendName && kernels.test(kernel) ? calls : 0),
      0,
    );
  const before = count();
  work();
  return count() - before;
}

describe(`The input gradient of a first module [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(5));

  for (const { title, make, input, kernels, all } of nets) {
    const backwardRuns = (requiresGrad: boolean, differentiate: (net: Module, y: Variable) => void) =>
      scope(() => {
        const net = make();
        const y = net.forward(new Variable(input.data, { shape: input.shape, requiresGrad }));
        const runs = runsOf(kernels, () => differentiate(net, y));
        for (const parameter of net.parameters()) expect(parameter.grad).not.to.equal(null);
        net.dispose();
        return runs;
      });
    const ones = (y: Variable) => new Variable(new Float32Array(y.size).fill(1), { shape: y.shape });

    it(`is not computed in training, where nobody wants that of the images: ${title}`, () => {
      expect(backwardRuns(false, (_, y) => y.square().mean().backward())).to.equal(all - 1);
    });

    it(`is not computed with updGrad: false: ${title}`, () => {
      expect(backwardRuns(false, (net, y) => net.backward(ones(y), { updGrad: false }))).to.equal(all - 1);
      expect(backwardRuns(true, (net, y) => net.backward(ones(y), { updGrad: false }))).to.equal(all - 1);
    });

    it(`is computed where it is wanted: ${title}`, () => {
      expect(backwardRuns(true, (_, y) => y.square().mean().backward())).to.equal(all);
      expect(backwardRuns(false, (net, y) => net.backward(ones(y)))).to.equal(all);
    });
  }
});
