import {
  BackendError,
  currentBackend,
  DtypeError,
  fromBlueprint,
  seed,
  ShapeError,
  ValueError,
  Variable,
} from '@tessera-nn/core';
import {
  backendName,
  expectClose,
  indexAlong,
  map,
  moduleSpec,
  onBackend,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { PReLU, type PReLUOptions } from './torch-prelu.js';

/** x > 0 ? x : weight x, with the only weight or that of the map. */
const reference = (x: Nd, { weight }: Tensors): Nd =>
  map(x, (value, flat) => {
    const { data } = weight!;
    return value > 0 ? value : value * data[data.length === 1 ? 0 : indexAlong(x.shape, 1, flat)]!;
  });

moduleSpec('PReLU', {
  classes: [PReLU],
  reference,
  kinks: [0],
  cases: [
    { title: 'one slope for everything', make: () => new PReLU(), shape: [2, 3, 4, 5] },
    { title: 'rank 0', make: () => new PReLU(1), shape: [] },
    { title: 'rank 1', make: () => new PReLU(1, 0.3), shape: [7] },
    {
      title: 'one slope for each map',
      make: () => new PReLU(3).setVar('weight', new Variable([0.5, -0.25, 2])),
      shape: [2, 3, 4, 5],
    },
    { title: 'rank 2', make: () => new PReLU(4, 0.1), shape: [5, 4] },
  ],
  otherShape: [1, 3, 2, 7],
  refuses: [
    {
      title: 'another count of maps, with both numbers',
      make: () => new PReLU({ numParameters: 16, name: 'act' }),
      run: (module) => module.forward(new Variable(new Float32Array(64), { shape: [1, 32, 2, 1] })),
      type: ShapeError,
      says: ['PReLU "act"', '32 maps on axis 1', 'built for 16', 'new PReLU(32)'],
    },
    {
      title: 'a vector for several slopes',
      make: () => new PReLU(3),
      run: (module) => module.forward([1, 2, 3]),
      type: ShapeError,
      says: ['rank 2 or more', 'new PReLU() for one slope'],
    },
    {
      title: 'no slopes',
      make: () => new PReLU(0),
      type: ValueError,
      says: ['numParameters', 'a whole number from 1'],
    },
    { title: 'a start that is not a number', make: () => new PReLU(1, NaN), type: ValueError, says: ['init', 'NaN'] },
    {
      title: 'what its neighbour PRelu has in that place',
      make: () => new PReLU(3, false as never),
      type: ValueError,
      says: ['init', 'received false'],
    },
    {
      title: 'the name of PuzzleLib',
      make: () => new PReLU({ maps: 3 } as never),
      type: ValueError,
      says: ['PReLU has no option "maps". Did you mean "numParameters"?'],
    },
    {
      title: 'another number type',
      make: () => new PReLU(1, 0.25, { dtype: 'float16' as never }),
      type: DtypeError,
      says: ['Expected float32, received "float16"'],
    },
    {
      title: 'another device',
      make: () => new PReLU(1, 0.25, { device: 'cuda' }),
      type: BackendError,
      says: ['the backend that was started', '"cuda"'],
    },
    {
      title: 'a count beside the shape of a sample',
      make: () => new PReLU({ numParameters: 3, shape: [3, 2] }),
      type: ValueError,
      says: ['shape or numParameters'],
    },
  ],
});

describe(`PReLU as PyTorch, MegEngine, Lucid and Keras make it [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));
  const weightOf = async (module: PReLU) => [...(await module.weight.values())];

  it('has one slope of 0.25, or as many as are asked for, from the number that is asked for', async () => {
    expect(await weightOf(new PReLU())).to.deep.equal([0.25]);
    expect(await weightOf(new PReLU(1))).to.deep.equal([0.25]);
    expectClose(await weightOf(new PReLU(3, 0.1)), [0.1, 0.1, 0.1], 'weight');
  });

  it('takes null for the default device and number type, and the names of those there are', async () => {
    expect(await weightOf(new PReLU(2, 0.5, { device: null, dtype: null }))).to.deep.equal([0.5, 0.5]);
    expect(await weightOf(new PReLU(2, 0.5, { device: currentBackend(), dtype: 'float32' }))).to.deep.equal([0.5, 0.5]);
  });

  it('calls its parameter weight in walks and state dicts', async () => {
    const module = new PReLU(2);
    expect([...module.namedParameters()].map(([name]) => name)).to.deep.equal(['weight']);
    expect(Object.keys(module.stateDict())).to.deep.equal(['weight']);
    module.loadStateDict({ weight: new Variable([4, 5]) });
    expect([...(await module.weight.values())]).to.deep.equal([4, 5]);
    expect(module.weight.wc).to.equal(0);
  });

  it('computes the short examples', async () => {
    expectClose(await new PReLU().forward([-1.2, -3.7, 2.7]).values(), [-0.3, -0.925, 2.7], 'MegEngine');
    expect([...(await new PReLU().forward([-2, -1, 0, 1, 2]).values())]).to.deep.equal([-0.5, -0.25, 0, 1, 2]);
    expect([...(await new PReLU({ numParameters: 1 }).forward([[-4, -8, 2]]).values())]).to.deep.equal([-1, -2, 2]);
  });

  it('takes what Keras says', async () => {
    const module = new PReLU({ shape: [3, 8, 8], sharedAxes: [2, 3], alphaInitializer: 'zeros' });
    expect(module.weight.shape).to.deep.equal([3, 1, 1]);
    expect([...(await module.weight.values())]).to.deep.equal([0, 0, 0]);
  });

  it('prints as the call that makes it, and comes back from its blueprint on any device', () => {
    expect(String(new PReLU())).to.equal('PReLU(1)');
    const options: PReLUOptions = { numParameters: 3, init: 0.5, name: 'act' };
    const blueprint = new PReLU({ ...options, device: currentBackend() }).getBlueprint();
    expect(blueprint.options).to.include({ ...options, device: null });
    expect(fromBlueprint<PReLU>(blueprint, [PReLU]).weight.shape).to.deep.equal([3]);
  });
});
