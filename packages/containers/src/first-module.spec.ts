import { checkpoint, scope, seed, Variable, type Module } from '@tessera-nn/core';
import { kernelReport } from '@tessera-nn/kernels';
import { Conv2D, MaxPool2D } from '@tessera-nn/modules';
import { backendName, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Sequential } from './sequential.js';

const conv = () => new Conv2D(2, 2, 3, 1, 1);
const images = randomNd([2, 2, 6, 6], 1);

/** Where the first of two or three convolutions may lie; moduleSpec asks the same of each module alone. */
const nets: { title: string; make: () => Module; all: number }[] = [
  { title: 'in a container', make: () => new Sequential([conv(), conv()]), all: 2 },
  {
    title: 'in a container in a container',
    make: () => new Sequential([new Sequential([new Sequential([conv()]), conv()])]),
    all: 2,
  },
  {
    title: 'in a checkpoint',
    make: () => new Sequential([checkpoint(new Sequential([conv(), conv()])), checkpoint(conv())]),
    all: 3,
  },
  {
    title: 'behind a module without parameters',
    make: () => new Sequential([new MaxPool2D(2), conv(), conv()]),
    all: 2,
  },
];

/** How often the kernel of the input gradient ran during work. */
function runsOf(work: () => void): number {
  const count = () =>
    kernelReport().reduce(
      (total, { kernel, backend, calls }) =>
        total + (backend === backendName && kernel === 'Conv2DInputGradient' ? calls : 0),
      0,
    );
  const before = count();
  work();
  return count() - before;
}

describe(`The input gradient of a first convolution [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(5));

  for (const { title, make, all } of nets) {
    const backwardRuns = (requiresGrad: boolean, differentiate: (net: Module, y: Variable) => void) =>
      scope(() => {
        const net = make();
        const y = net.forward(new Variable(images.data, { shape: images.shape, requiresGrad }));
        const runs = runsOf(() => differentiate(net, y));
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
