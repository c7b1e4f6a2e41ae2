import { ContainerError, fromBlueprint, scope, seed, ShapeError, Variable, type Blueprint } from '@tessera-nn/core';
import { Activation, Add, Concat, Identity, Linear, Replicate, Split } from '@tessera-nn/modules';
import { backendName, expectClose, held, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Parallel } from './parallel.js';
import { Sequential } from './sequential.js';

const random = (shape: readonly number[], of: number) => new Variable(randomNd(shape, of).data, { shape });

describe(`A Parallel [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('runs each module on its own entry, as PuzzleLib tests it', async () => {
    const net = new Sequential<readonly Variable[]>([
      new Parallel([new Sequential([new Linear(128, 64), new Activation('sigmoid')]), new Identity(), new Identity()]),
      new Concat(1),
    ]);
    const inputs = [random([128, 128], 1), random([128, 16], 2), random([128, 32], 3)];
    const output = net.forward(inputs);
    expect(net.dataShapeFrom(inputs.map(({ shape }) => shape))).to.deep.equal([128, 112]);
    expect(await output.slice([0, 64], [128, 16]).values()).to.deep.equal(await inputs[1]!.values());
    const cotangent = random([128, 112], 4);
    net.backward(cotangent);
    expect(net.grad!.map((grad) => grad!.shape)).to.deep.equal([
      [128, 128],
      [128, 16],
      [128, 32],
    ]);
    expect(await net.grad![1]!.values()).to.deep.equal(await cotangent.slice([0, 64], [128, 16]).values());
  });

  it('makes branches of a network, whose gradients meet', async () => {
    const [left, right] = [new Linear(3, 2), new Linear(3, 2)];
    const net = new Sequential([new Replicate(2), new Parallel([left, right]), new Add()], 'net');
    const x = random([4, 3], 1);
    const y = net.forward(x);
    const both = left.forward(x).add(right.forward(x));
    expectClose(await y.values(), await both.values(), 'output');
    net.backward(random([4, 2], 2));
    const g = random([4, 2], 2);
    const expected = g.matmul(left.W.transpose()).add(g.matmul(right.W.transpose()));
    expectClose(await net.grad!.values(), await expected.values(), 'gradient');
    expect([...net.namedParameters()].map(([name]) => name)).to.deep.equal(['1.0.W', '1.0.b', '1.1.W', '1.1.b']);
  });

  it('gives lists in lists where its modules give lists', () => {
    const net = new Parallel<readonly Variable[], readonly [readonly Variable[], Variable]>([
      new Split(1, [1, 2]),
      new Identity(),
    ]);
    const [pieces, rest] = net.forward([random([2, 3], 1), random([5], 2)]);
    expect([...pieces.map(({ shape }) => shape), rest.shape]).to.deep.equal([[2, 1], [2, 2], [5]]);
    expect(net.dataShapeFrom([[2, 3], [5]])).to.deep.equal([
      [
        [2, 1],
        [2, 2],
      ],
      [5],
    ]);
  });

  it('is taken apart with any step, comes back from its blueprint, and prints', () => {
    const net = new Parallel(['a', 'b', 'c', 'd'].map((name) => new Linear({ insize: 2, outsize: 1, name })));
    expect([...net.slice(0, 4, 2)].map(({ name }) => name)).to.deep.equal(['a', 'c']);
    expect(net.slice(1).at<Linear>(0)).to.equal(net.at('b'));
    for (const step of [0, -1, 0.5]) expect(() => net.slice(0, 4, step)).to.throw(ContainerError, `steps of ${step}`);
    net.pop('c');
    const copy = fromBlueprint<Parallel>(JSON.parse(JSON.stringify(net)) as Blueprint, [Parallel, Linear]);
    expect(copy).to.be.instanceOf(Parallel);
    expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
    expect(String(copy)).to.equal(String(net));
    expect(String(net)).to.match(/^Parallel\(\n {2}\(a\): Linear/);
  });

  it('shows a module in place no other entry that is the same Variable', async () => {
    const x = new Variable([-1, 2]);
    const relu = new Activation({ activation: 'relu', inplace: true });
    const [left, right] = new Parallel([relu, new Identity()]).forward([x, x]);
    expect([await left!.array(), await right!.array()]).to.deep.equal([
      [0, 2],
      [-1, 2],
    ]);
  });

  it('refuses a list of another length, one Variable, and says where a module failed', () => {
    const net = new Parallel([new Linear({ insize: 2, outsize: 1, name: 'fc' }), new Identity()], 'net');
    const x = random([1, 2], 1);
    expect(() => net.forward([x])).to.throw(
      ShapeError,
      'Parallel "net": it takes one input for each module. Expected a list of 2, received a list of 1',
    );
    expect(() => net.forward(x as never)).to.throw(ShapeError, 'Parallel "net": it takes a list');
    expect(() => net.dataShapeFrom([[1, 2], [1], [1]])).to.throw(ShapeError, 'a list of 3');
    expect(() => net.forward([random([1, 3], 1), x])).to.throw(ShapeError, /Parallel "net", module 0 "fc" \(Linear/);
    expect(() => net.append(new Sequential([net]))).to.throw(ContainerError, 'put into itself');
    expect(() => net.forward([x, [x, x]] as never)).to.not.throw(); // an Identity takes what comes
    const strict = new Parallel([new Activation('relu')]);
    expect(() => strict.forward([[x, x]] as never)).to.throw(
      ShapeError,
      'takes one Variable. Expected a single input, received a list of 2',
    );
  });

  it('holds nothing after a step', () => {
    const net = new Sequential([new Replicate(2), new Parallel([new Linear(3, 2), new Linear(3, 2)]), new Concat(1)]);
    const step = () =>
      scope(() => {
        net
          .forward(random([4, 3], 1))
          .square()
          .sum()
          .backward();
        net.zeroGradParams();
      });
    step();
    const before = held();
    for (let i = 0; i < 3; i++) step();
    expect(held()).to.deep.equal(before);
  });
});
