import { backendName, onBackend } from '@tessera-nn/testing';
import { engine } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as tessera from './index.js';
import {
  Activation,
  Add,
  AvgPool2D,
  BatchNorm2D,
  checkpoint,
  Concat,
  Conv2D,
  Dropout,
  Flatten,
  fromBlueprint,
  Graph,
  Identity,
  Linear,
  MaxPool2D,
  Module,
  Mul,
  Parallel,
  PRelu,
  RandomStream,
  Replicate,
  seed,
  Sequential,
  Split,
  TesseraError,
  ToList,
  Variable,
  type Blueprint,
  type ModuleClass,
} from './index.js';

/** Every class of modules there is, taken from what the package gives. */
const classes = [...new Set(Object.values(tessera) as unknown[])].filter(
  (value): value is ModuleClass =>
    typeof value === 'function' && value.prototype instanceof Module && Object.hasOwn(value, 'className'),
);

/** Maps in two halves, through a graph and beside it, and back to as many. */
function branches(): Sequential {
  const relu = new Activation('relu');
  const [left, right] = [relu.node(), new Identity().node()];
  const both = new Add().node(left, right);
  const crossed = new Graph({ inputs: [left, right], outputs: [relu.node(both), new Mul().node(both, left)] });
  const parallel = new Parallel([crossed, new Replicate<readonly Variable[]>(1)], 'parallel');
  const pieces = new Sequential<Variable, readonly Variable[]>([new Split(1, [2, 2]), new Replicate(2), parallel]);
  const sides = new ToList();
  return new Sequential([pieces, sides, new Concat(1), new Conv2D({ inmaps: 8, outmaps: 4, size: 1 })], 'branches');
}

/** What the inner part of the network is given. */
const SHAPE = [2, 4, 3, 3];

/** One of each class that needs no options and keeps shapes, where it is not in the network already. */
function othersFor(net: Sequential): Module[] {
  const there = new Set([...net.modules()].map(({ className }) => className));
  return classes
    .filter(({ className }) => !there.has(className))
    .flatMap((one) => {
      try {
        const module = new (one as unknown as new () => Module)();
        return String(module.dataShapeFrom(SHAPE)) === String(SHAPE) ? [module] : [];
      } catch (error) {
        if (error instanceof TesseraError || error instanceof TypeError) return []; // its own spec saves and loads it
        throw error;
      }
    });
}

/**
 * A network of all modules there are, but for those that need options and are not in this list; one module is held twice,
 * and two hold one parameter.
 */
function everyModule(): Sequential {
  const shared = new PRelu({ maps: 4, alphaConstraint: 'nonNeg', name: 'act' });
  const tied = new Conv2D({ inmaps: 4, outmaps: 4, size: 3, pad: 1, groups: 2 });
  const net = new Sequential(
    [
      new Conv2D({ inmaps: 1, outmaps: 4, size: 3, pad: 1, name: 'conv' }),
      checkpoint(new BatchNorm2D(4)),
      shared,
      new MaxPool2D(2),
      tied,
      shared,
      new Sequential([new Identity('first'), new Activation('leakyRelu'), shared], 'inner'),
      new PRelu({ shape: [4, 3, 3], sharedAxes: [2], init: 'uniform' }),
      branches(),
      new AvgPool2D({ size: 2, stride: 1, pad: 1, includePad: false }),
      new Flatten(),
      new Dropout(0.2),
      new Linear(64, 3),
      new Linear({ insize: 3, outsize: 3, name: 'last' }),
    ],
    'net',
  );
  net.setVar('last.b', net.getVar('12.b'));
  const inner = net.getByName<Sequential>('inner')!;
  for (const other of othersFor(net)) inner.append(other);
  return net;
}

const random = new RandomStream(3);
const images = Float32Array.from({ length: 2 * 36 }, () => random.normal());
const batch = () => new Variable(images, { shape: [2, 1, 6, 6] });

describe(`A network of every module [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(7));

  it('has every module there is that needs no options', () => {
    expect(classes.length).to.be.greaterThan(10);
    const net = everyModule();
    expect(othersFor(net)).to.deep.equal([]);
  });

  it('comes back from blueprint and state to the bit: what it holds, prints, counts and computes', async () => {
    const net = everyModule();
    net.forward(batch()); // running statistics that are not the first ones
    const copy = fromBlueprint(JSON.parse(JSON.stringify(net)) as Blueprint, classes);
    const state = await net.stateDict({ to: 'cpu' });
    copy.loadStateDict(state);
    expect(await copy.stateDict({ to: 'cpu' })).to.deep.equal(state);
    expect(Object.keys(state)).to.deep.equal([...net.namedTensors()].map(([path]) => path));
    expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
    expect(String(copy)).to.equal(String(net));
    expect(copy.summary([2, 1, 6, 6])).to.equal(net.summary([2, 1, 6, 6]));
    expect([...copy.getVarTable().values()]).to.deep.equal([...net.getVarTable().values()]);
    for (const mode of [true, false]) {
      const outputs = await Promise.all(
        [net, copy].map((one) => {
          seed(1);
          return one.train(mode).forward(batch()).values();
        }),
      );
      expect(outputs[1]).to.deep.equal(outputs[0]);
    }
    expect(await copy.stateDict({ to: 'cpu' })).to.deep.equal(await net.stateDict({ to: 'cpu' }));
  });

  it('learns the same after coming back', async () => {
    const net = everyModule();
    const copy = fromBlueprint(net.getBlueprint(), classes);
    copy.loadStateDict(net.stateDict());
    for (const one of [net, copy]) {
      seed(2);
      one.forward(batch()).sum().backward();
      one.updateParams(0.01);
    }
    expect(await copy.stateDict({ to: 'cpu' })).to.deep.equal(await net.stateDict({ to: 'cpu' }));
  });

  it('has a path of its own for each module, and names nothing globally', () => {
    const known = Object.keys(engine().registeredVariables); // other specs may have made some
    const paths = [...everyModule().namedModules()].map(([path]) => path);
    expect(new Set(paths).size).to.equal(paths.length);
    expect(paths).to.include.members(['conv', 'act']);
    const [first, second] = [everyModule(), everyModule()];
    expect([...first.namedTensors()].map(([path]) => path)).to.deep.equal(
      [...second.namedTensors()].map(([path]) => path),
    );
    expect(Object.keys(engine().registeredVariables)).to.deep.equal(known);
  });
});
