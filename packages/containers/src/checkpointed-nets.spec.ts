import { checkpoint, Checkpoint, fromBlueprint, scope, seed, Variable, type Module } from '@tessera-nn/core';
import { Activation, BatchNorm2D, Conv2D, Dropout, Flatten, Identity, Linear, MaxPool2D } from '@tessera-nn/modules';
import {
  backendName,
  held,
  expectAtRest,
  heldAtRest,
  itCollects,
  map,
  moduleSpec,
  type Nd,
  onBackend,
  randomNd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { Parallel } from './parallel.js';
import { Sequential } from './sequential.js';

moduleSpec('Checkpoint', {
  classes: [Checkpoint, Activation, Identity, Sequential],
  reference: (x: Nd, _: unknown, { module }: Checkpoint) => (module instanceof Identity ? x : map(x, Math.tanh)),
  cases: [
    { title: 'of a function of each element', make: () => checkpoint(new Activation('tanh')), shape: [2, 3, 4] },
    {
      title: 'of a net',
      make: () => checkpoint<Variable, Variable>(new Sequential([new Activation('tanh')], 'net')),
      shape: [2, 3, 4],
    },
    { title: 'of what gives its input', make: () => checkpoint(new Identity<Variable>()), shape: [2, 3, 4] },
  ],
  otherShape: [3, 5],
});

/** A block with everything a second run could get wrong: chance, statistics, in-place work, kept places of maxima. */
const block = () =>
  new Sequential([
    new Conv2D(4, 4, 3, 1, 1),
    new BatchNorm2D(4),
    new Conv2D(4, 4, 1),
    new Dropout({ p: 0.3, inplace: true }),
    new Activation({ activation: 'tanh', inplace: true }),
    new MaxPool2D(3, 1, 1),
  ]);

function build(wrap: (module: Module) => Module): Sequential {
  seed(7);
  return new Sequential([...[1, 2, 3].map(() => wrap(block())), new Flatten(), new Linear(4 * 6 * 5, 3)], 'net');
}

const plain = (module: Module) => module;
const wrapped = (module: Module) => checkpoint(module);
const nested = (module: Module) => checkpoint(checkpoint(module));
const images = randomNd([2, 4, 6, 5], 1);
const target = randomNd([2, 3], 2);

describe(`A net of checkpoints [${backendName}]`, () => {
  onBackend();

  it('trains as the plain net does, to the bit: outputs, gradients, statistics', async () => {
    const results: Record<string, unknown>[] = [];
    for (const wrap of [plain, wrapped, nested]) {
      const net = build(wrap);
      seed(11);
      const result: Record<string, unknown> = {};
      for (let step = 0; step < 3; step++) {
        const x = new Variable(images.data, { shape: images.shape, requiresGrad: step === 1 });
        const y = net.forward(x);
        const loss = y
          .sub(new Variable(target.data, { shape: target.shape }))
          .square()
          .mean();
        loss.backward();
        result[`loss ${step}`] = await loss.item();
        if (step === 1) result.images = await x.grad!.array();
        for (const [path, variable] of net.namedTensors()) {
          const name = `${path.replaceAll('module.', '')} ${step}`;
          result[name] = [await variable.array(), await variable.grad?.array()];
        }
        net.updateParams(0.05);
        net.zeroGradParams();
      }
      results.push(result);
    }
    expect(Object.keys(results[0]!)).to.have.length(3 * 29 + 4);
    expect(results[1]).to.deep.equal(results[0]);
    expect(results[2]).to.deep.equal(results[0]);
  });

  it('gives the same in PuzzleLib’s style, where the images get a gradient without requiring one', async () => {
    const results: unknown[] = [];
    for (const wrap of [plain, wrapped]) {
      const net = build(wrap);
      seed(11);
      net.forward(new Variable(images.data, { shape: images.shape }));
      net.backward(new Variable(target.data, { shape: target.shape }));
      results.push([
        await net.grad!.array(),
        await net.getVar(wrap === plain ? '0.0.W' : '0.module.0.W').grad!.array(),
      ]);
    }
    expect(results[1]).to.deep.equal(results[0]);
  });

  itCollects('holds a fraction of the bytes between forward and backward', async () => {
    const heldBetween = async (wrap: (module: Module) => Module) => {
      const net = build(wrap);
      const x = new Variable(images.data, { shape: images.shape }).keep();
      const before = await heldAtRest();
      return scope(() => {
        const y = net.forward(x);
        const { storages, bytes } = held();
        y.sum().backward();
        return { storages: storages - before.storages, bytes: bytes - before.bytes };
      });
    };
    const [all, few] = [await heldBetween(plain), await heldBetween(wrapped)];
    expect(few.bytes).to.be.lessThan(all.bytes / 2);
    expect(few.storages).to.be.lessThan(all.storages);
  });

  it('comes back from its blueprint, and names what lies inside by its path', () => {
    const net = build(wrapped);
    const classes = [Activation, BatchNorm2D, Checkpoint, Conv2D, Dropout, Flatten, Linear, MaxPool2D, Sequential];
    const copy = fromBlueprint(net.getBlueprint(), classes);
    expect(String(copy)).to.equal(String(net));
    expect([...copy.namedTensors()].map(([path]) => path)).to.deep.equal([...net.namedTensors()].map(([path]) => path));
    expect(() => net.forward(new Variable(new Float32Array(180), { shape: [2, 3, 6, 5] }))).to.throw('net.0.module.0');
  });

  it('takes and gives lists, as the module in it does', async () => {
    const results: unknown[] = [];
    for (const wrapping of [false, true]) {
      seed(3);
      const both = new Parallel([new Linear(3, 2), new Identity()]);
      const module = wrapping ? checkpoint(both) : both;
      const inputs = [1, 2].map((at) => new Variable(randomNd([2, 3], at).data, { shape: [2, 3], requiresGrad: true }));
      expect(module.takes).to.equal('list');
      const [left, right] = module.forward(inputs);
      left!.sum().mul(right!.square().sum()).backward();
      results.push(await Promise.all([...inputs, ...module.parameters()].map((variable) => variable.grad!.array())));
    }
    expect(results[1]).to.deep.equal(results[0]);
  });

  it('lets what works in place do so on its own copy', async () => {
    const x = new Variable([-1, 2], { requiresGrad: true });
    checkpoint(new Activation({ activation: 'tanh', inplace: true }))
      .forward(x)
      .backward([1, 1]);
    expect(await x.array()).to.deep.equal([-1, 2]);
    const plain = new Variable([-1, 2], { requiresGrad: true });
    new Activation('tanh').forward(plain).backward([1, 1]);
    expect([...(await x.grad!.data())]).to.deep.equal([...(await plain.grad!.data())]);
  });

  itCollects('holds no more after many steps than after two', async () => {
    const net = build(wrapped);
    const step = () => {
      const x = new Variable(images.data, { shape: images.shape });
      net.forward(x).square().mean().backward();
      net.updateParams(0.01);
      net.zeroGradParams();
    };
    for (let i = 0; i < 2; i++) step();
    const before = await heldAtRest();
    for (let i = 0; i < 10; i++) step();
    await expectAtRest(before);
  });
});
