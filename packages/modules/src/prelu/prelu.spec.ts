import { DtypeError, fromBlueprint, ModuleError, seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import {
  backendName,
  expectClose,
  goldenSpec,
  indexAlong,
  map,
  moduleSpec,
  nd,
  onBackend,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './prelu.golden.js';
import { PRelu, type PReluOptions } from './prelu.js';

/** The slope of the axis, of everything, or of the element. */
function slopeOf(flat: number, { shape }: Nd, { slopes }: Tensors, { axis, sampleShape }: PRelu): number {
  if (sampleShape) {
    const index = slopes!.shape.map((size, i) => (size === 1 ? 0 : indexAlong(shape, i + 1, flat)));
    return slopes!.data[index.reduce((place, i, a) => place * slopes!.shape[a]! + i, 0)]!;
  }
  const at = axis < 0 ? axis + shape.length : axis;
  return slopes!.data.length === 1 ? slopes!.data[0]! : slopes!.data[indexAlong(shape, at, flat)]!;
}

/** x > 0 ? x : slope x. */
const reference = (x: Nd, tensors: Tensors, module: PRelu): Nd =>
  map(x, (value, flat) => (value > 0 ? value : slopeOf(flat, x, tensors, module) * value));

const withSlopes = (module: PRelu, values: number[]) =>
  module.setVar('slopes', new Variable(values, { shape: module.slopes.shape }));

moduleSpec('PRelu', {
  classes: [PRelu],
  reference,
  draw: (draw) => {
    const rank = draw.whole(2, 6);
    const shape = draw.list(rank, () => draw.whole(1, 4));
    const axis = draw.whole(1, rank - 1);
    const slopes = draw.list(shape[axis]!, () => draw.decimal(-2, 2));
    return { make: () => withSlopes(new PRelu({ maps: slopes.length, axis }), slopes), shape };
  },
  kinks: [0],
  specials: true,
  gradient: (x, g, tensors, module) =>
    map(g, (of, flat) => (x.data[flat]! > 0 ? of : slopeOf(flat, x, tensors, module) * of)),
  cases: [
    { title: 'one slope for each map', make: () => withSlopes(new PRelu(3), [0.5, -0.25, 2]), shape: [2, 3, 4, 5] },
    {
      title: 'height as large as maps and width',
      make: () => withSlopes(new PRelu(3), [1, 0.5, 0.1]),
      shape: [2, 3, 3, 3],
    },
    { title: 'one slope for everything', make: () => new PRelu({ sharedMaps: true, init: 0.3 }), shape: [2, 3, 4, 5] },
    { title: 'rank 1, shared', make: () => new PRelu({ sharedMaps: true }), shape: [7] },
    { title: 'rank 0, shared', make: () => new PRelu({ sharedMaps: true }), shape: [] },
    { title: 'rank 2', make: () => withSlopes(new PRelu(4), [0.1, 0.2, 0.3, 0.4]), shape: [5, 4] },
    { title: 'rank 3', make: () => withSlopes(new PRelu(3), [0.1, 0.2, 0.3]), shape: [2, 3, 5] },
    { title: 'rank 5', make: () => withSlopes(new PRelu(2), [0.1, 0.2]), shape: [2, 2, 3, 2, 3] },
    {
      title: 'maps on the last axis',
      make: () => withSlopes(new PRelu({ maps: 5, axis: -1 }), [1, 2, 3, 4, 5]),
      shape: [2, 3, 4, 5],
    },
    {
      title: 'a slope for each sample',
      make: () => withSlopes(new PRelu({ maps: 3, axis: 0 }), [0.5, -0.25, 2]),
      shape: [3, 2, 4],
    },
    { title: 'slopes drawn at random', make: () => new PRelu({ maps: 3, init: 'uniform' }), shape: [2, 3, 4, 5] },
    {
      title: 'a slope for each element',
      make: () => new PRelu({ shape: [3, 2, 4], init: 'uniform' }),
      shape: [2, 3, 2, 4],
    },
    {
      title: 'a table shared along height and width',
      make: () => new PRelu({ shape: [3, 2, 4], sharedAxes: [2, -1], init: 'uniform' }),
      shape: [2, 3, 2, 4],
    },
    {
      title: 'a table shared along maps',
      make: () => new PRelu({ shape: [3, 2, 4], sharedAxes: [1], init: 'uniform' }),
      shape: [2, 3, 2, 4],
    },
  ],
  otherShape: [1, 3, 2, 7],
  refuses: [
    {
      title: 'another count of maps, with both numbers',
      make: () => new PRelu({ maps: 16, name: 'act' }),
      run: (module) => module.forward(new Variable(new Float32Array(64), { shape: [1, 32, 2, 1] })),
      type: ShapeError,
      says: ['PRelu "act"', '[1, 32, 2, 1]', '32 maps on axis 1', 'built for 16', 'new PRelu({ maps: 32 })'],
    },
    {
      title: 'maps on another axis, with a hint',
      make: () => new PRelu(4),
      run: (module) => module.forward(new Variable(new Float32Array(24), { shape: [1, 3, 2, 4] })),
      type: ShapeError,
      says: ['axis: 3 if the maps lie there'],
    },
    {
      title: 'a vector without a batch axis',
      make: () => new PRelu(3),
      run: (module) => module.forward([1, 2, 3]),
      type: ShapeError,
      says: ['[3]', 'rank 2 or more', 'sharedMaps'],
    },
    {
      title: 'an axis the input does not have',
      make: () => new PRelu({ maps: 3, axis: 4 }),
      run: (module) => module.forward(new Variable(new Float32Array(9), { shape: [1, 3, 3, 1] })),
      type: ShapeError,
      says: ['no axis 4'],
    },
    {
      title: 'a number type there is none of',
      make: () => new PRelu({ maps: 3, dtype: 'float16' as never }),
      type: DtypeError,
      says: ['Expected float32, received "float16"'],
    },
    {
      title: 'two first slopes',
      make: () => new PRelu({ maps: 3, init: 0.1, alphaInitializer: 'zeros' }),
      type: ValueError,
      says: ['init and alphaInitializer are two names of one thing'],
    },
    {
      title: 'a constraint there is none of',
      make: () => new PRelu({ maps: 3, alphaConstraint: 'NonNegative' as never }),
      type: ValueError,
      says: ['alphaConstraint', 'Expected nonNeg, received "NonNegative"'],
    },
    {
      title: 'a penalty below 0',
      make: () => new PRelu({ maps: 3, alphaRegularizer: { l2: -1 } }),
      type: ValueError,
      says: ['alphaRegularizer: l2 does not fit', 'received -1'],
    },
    {
      title: 'a penalty of another name',
      make: () => new PRelu({ maps: 3, alphaRegularizer: { l3: 1 } as never }),
      type: ValueError,
      says: ['alphaRegularizer has no option "l3"'],
    },
    { title: 'no slopes', make: () => new PRelu(0), type: ValueError, says: ['a whole number from 1', '0'] },
    {
      title: 'a start that is not a number',
      make: () => new PRelu({ maps: 1, init: NaN }),
      type: ValueError,
      says: ['finite', 'NaN'],
    },
    {
      title: 'shared axes without a sample',
      make: () => new PRelu({ maps: 1, sharedAxes: [1] }),
      type: ValueError,
      says: ['shape'],
    },
    {
      title: 'shared axes on the batch',
      make: () => new PRelu({ shape: [3, 2], sharedAxes: [0] }),
      type: ValueError,
      says: ['axes from 1 to 2', '[0]'],
    },
    {
      title: 'slopes of another count in setVar',
      make: () => new PRelu(3),
      run: (module) => module.setVar('slopes', new Variable([1, 2])),
      type: ShapeError,
      says: ['"slopes"', '[3]', '[2]'],
    },
    {
      title: 'a gradient through inplace',
      make: () => new PRelu({ maps: 3, inplace: true, name: 'act' }),
      run: (module) => {
        module.forward([[1, -2, 3]]);
        module.backward([[1, 1, 1]]);
      },
      type: ModuleError,
      says: ['PRelu "act"', 'in place', 'inplace: false'],
    },
  ],
});

goldenSpec('PRelu', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (_, { weight }) => {
    const maps = weight!.data.length;
    return maps === 1 ? new PRelu({ sharedMaps: true }) : new PRelu(maps);
  },
  parameters: { weight: 'slopes' },
});

describe(`PRelu as its documents print it [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  const input = [
    [
      [2, -7, 6, -6, 5],
      [-7, -5, -8, 1, -7],
      [4, -6, 3, -4, 8],
      [7, -1, 4, 2, 6],
      [7, -9, 8, -9, 8],
    ],
    [
      [0, -6, -5, -8, 2],
      [8, -3, -7, -2, 3],
      [3, -9, -1, 6, 4],
      [4, 0, 6, -5, -2],
      [-2, 8, -2, -4, -7],
    ],
    [
      [-3, -1, 8, 0, 6],
      [2, 3, -6, 1, 2],
      [-7, -1, -8, 5, -5],
      [1, -6, 8, 6, -9],
      [4, 7, 0, -6, 7],
    ],
  ];
  const printed = `[[[[ 2.   -3.5   6.   -3.    5.  ]
   [-3.5  -2.5  -4.    1.   -3.5 ]
   [ 4.   -3.    3.   -2.    8.  ]
   [ 7.   -0.5   4.    2.    6.  ]
   [ 7.   -4.5   8.   -4.5   8.  ]]

  [[ 0.   -0.   -0.   -0.    2.  ]
   [ 8.   -0.   -0.   -0.    3.  ]
   [ 3.   -0.   -0.    6.    4.  ]
   [ 4.    0.    6.   -0.   -0.  ]
   [-0.    8.   -0.   -0.   -0.  ]]

  [[-0.75 -0.25  8.    0.    6.  ]
   [ 2.    3.   -1.5   1.    2.  ]
   [-1.75 -0.25 -2.    5.   -1.25]
   [ 1.   -1.5   8.    6.   -2.25]
   [ 4.    7.    0.   -1.5   7.  ]]]]`;

  const shown = async (variable: Variable) => {
    await variable.values();
    return String(variable);
  };

  it('prints its slopes before and after they are set', async () => {
    const module = new PRelu(3);
    expect(await shown(module.slopes)).to.equal('[0.25 0.25 0.25]');
    expect(await shown(new PRelu(3, false, true).slopes)).to.equal('[0.25]');
    module.setVar('slopes', new Variable([0.5, 0, 0.25]));
    expect(await shown(module.slopes)).to.equal('[0.5  0.   0.25]');
  });

  it('prints the output of the documented input to the character, signs of zero included', async () => {
    const module = new PRelu(3);
    module.setVar('slopes', new Variable([0.5, 0, 0.25]));
    expect(await shown(module.forward([input]))).to.equal(printed);
  });

  it('gives the short examples of PyTorch, MegEngine and Lucid', async () => {
    const shared = () => new PRelu({ sharedMaps: true });
    expectClose(await shared().forward([-1.2, -3.7, 2.7]).values(), [-0.3, -0.925, 2.7], 'MegEngine');
    expect([...(await shared().forward([-2, -1, 0, 1, 2]).values())]).to.deep.equal([-0.5, -0.25, -0 + 0, 1, 2]);
  });

  it('gives the gradients of a = 2 that max(a x, x) would not', async () => {
    const module = new PRelu({ sharedMaps: true, init: 2 });
    const x = new Variable([-2, 3], { requiresGrad: true });
    const y = module.forward(x);
    y.backward([1, 1]);
    expect([...(await y.values())]).to.deep.equal([-4, 3]);
    expect([...(await x.grad!.data())]).to.deep.equal([2, 1]);
    expect(await module.slopes.grad!.data()).to.deep.equal(new Float32Array([-2]));
  });

  it('has the slope as gradient at 0, of either sign', async () => {
    const module = new PRelu({ sharedMaps: true, init: 0.3 });
    const x = new Variable([0, -0], { requiresGrad: true });
    module.forward(x).backward([1, 1]);
    expectClose(await x.grad!.data(), [0.3, 0.3], 'dx');
    expect(Math.abs((await module.slopes.grad!.data())[0]!)).to.equal(0);
  });

  it('takes any size along shared axes, and no other along the rest', async () => {
    const module = withSlopes(new PRelu({ shape: [2, 8, 8], sharedAxes: [2, 3] }), [0.5, 0.25]);
    const values = await module.forward(new Variable(new Float32Array(36).fill(-4), { shape: [1, 2, 6, 3] })).values();
    expect([values[0], values[35]]).to.deep.equal([-2, -1]);
    const image = new Variable(new Float32Array(36), { shape: [1, 3, 6, 2] });
    expect(() => module.forward(image)).to.throw(ShapeError, 'Expected [batch, 2, any, any]');
    const rows = new PRelu({ shape: [2, 3, 4], sharedAxes: [2], init: 0.5 });
    const x = new Variable(new Float32Array(40).fill(-1), { shape: [1, 2, 5, 4] });
    rows.forward(x);
    rows.backward(new Variable(new Float32Array(40).fill(1), { shape: [1, 2, 5, 4] }));
    expect(await rows.slopes.grad!.data()).to.deep.equal(new Float32Array(8).fill(-5));
  });

  it('exempts its slopes from weight decay', () => {
    expect(new PRelu(3).slopes.wc).to.equal(0);
  });

  it('shows the result in its input when it works in place, and frees the old memory', async () => {
    const module = new PRelu({ maps: 3, inplace: true });
    const x = new Variable([[1, -2, -4]]);
    const y = module.forward(x);
    expect(x.storage).to.equal(y.storage);
    expect([...(await x.values())]).to.deep.equal([1, -0.5, -1]);
  });

  it('prints as the call that makes it', () => {
    expect(String(new PRelu(3))).to.equal('PRelu(3)');
    expect(String(new PRelu({ shape: [3, 2] }))).to.equal('PRelu(shape=[3, 2])');
    expect(String(new PRelu({ maps: 3, axis: -1, inplace: true }))).to.equal('PRelu(3, axis=-1, inplace=true)');
  });

  it('keeps nd of the reference honest', () => {
    // The reference and the module share no code: one element by hand.
    const module = new PRelu({ maps: 2, init: 0.5 });
    expect([...reference(nd([1, 2], [-2, 3]), { slopes: nd([2], [0.5, 0.25]) }, module).data]).to.deep.equal([-1, 3]);
  });
});

describe(`PRelu with what Keras says [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));
  const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];

  it('takes Keras’ first slopes', async () => {
    const first = async (alphaInitializer: PReluOptions['alphaInitializer']) => [
      ...(await new PRelu({ maps: 2, alphaInitializer }).slopes.values()),
    ];
    expect(await first('zeros')).to.deep.equal([0, 0]);
    expect(await first('ones')).to.deep.equal([1, 1]);
    expect(await first(0.5)).to.deep.equal([0.5, 0.5]);
    const [a, b] = (await first('he')) as [number, number];
    expect(a).to.not.equal(b);
  });

  it('adds Keras’ penalty to the gradient of the slopes, once for each use, and not to the values', async () => {
    const module = withSlopes(new PRelu({ maps: 3, alphaRegularizer: { l1: 0.5, l2: 0.25 } }), [2, -4, 0]);
    const x = new Variable([[-1, -2, -3]], { requiresGrad: true });
    const y = module.forward(x);
    y.backward([[1, 1, 1]]);
    expect([...(await y.values())].map((value) => value + 0)).to.deep.equal([-2, 8, 0]);
    expect(await gradOf(x)).to.deep.equal([2, -4, 0]);
    // -1 + 0.5 + 0.5 2, -2 - 0.5 - 0.5 4, -3
    expect(await gradOf(module.slopes)).to.deep.equal([0.5, -4.5, -3]);
    const table = new PRelu({ shape: [2, 2], sharedAxes: [2], alphaRegularizer: { l2: 1 }, init: 3 });
    table.forward([
      [
        [1, 1],
        [1, -1],
      ],
    ]);
    table.backward([
      [
        [1, 1],
        [1, 1],
      ],
    ]);
    expect(await gradOf(table.slopes)).to.deep.equal([6, 5]);
  });

  it('brings slopes back to what Keras’ constraint allows after a step', async () => {
    const module = withSlopes(new PRelu({ maps: 2, alphaConstraint: 'nonNeg' }), [0.5, 0.5]);
    module.forward([[-1, -1]]);
    module.backward([[-1, 1]]);
    module.updateParams(1);
    expect([...(await module.slopes.values())]).to.deep.equal([0, 1.5]);
  });

  it('comes back from its blueprint with all of it', () => {
    const options = {
      shape: [2, 3],
      sharedAxes: [2],
      alphaInitializer: 'zeros',
      alphaConstraint: 'nonNeg',
      alphaRegularizer: { l1: 0.5 },
      dtype: 'float32',
    } as const;
    const copy = fromBlueprint<PRelu>(new PRelu(options).getBlueprint(), [PRelu]);
    const { alphaInitializer: init, ...others } = options;
    expect(copy.getBlueprint().options).to.deep.include({ ...others, init });
    expect(copy.slopes.constraint).to.not.equal(undefined);
  });
});
