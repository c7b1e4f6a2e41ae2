import { seed, ValueError, Variable } from '@tessera-nn/core';
import { backendName, expectClose, goldenSpec, map, moduleSpec, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './activation.golden.js';
import { Activation } from './activation.js';
import * as classes from './classes.js';
import { activationAliases, type ActivationAlias, type ActivationName } from './kinds.js';

/** The share of a normal distribution below x, by Simpson's rule over its density. */
function normalShare(x: number): number {
  if (x < -9) return 0;
  const [reach, steps] = [Math.min(9, x), 400];
  const density = (at: number) => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  let sum = 0;
  for (let i = 0; i <= steps; i++) sum += density((reach * i) / steps) * (i === 0 || i === steps ? 1 : i % 2 ? 4 : 2);
  return 0.5 + (sum * reach) / steps / 3;
}

const functions: Record<ActivationName, (x: number, args: readonly number[]) => number> = {
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  tanh: (x) => Math.tanh(x),
  relu: (x) => (x <= 0 ? 0 : x),
  leakyRelu: (x, [a]) => (x > 0 ? x : a! * x),
  elu: (x, [a]) => (x > 0 ? x : a! * Math.expm1(x)),
  softPlus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  silu: (x) => x / (1 + Math.exp(-x)),
  clip: (x, [low, high]) => (x < low! ? low! : x > high! ? high! : x),
  hardTanh: (x, args) => functions.clip(x, args),
  mish: (x) => x * Math.tanh(functions.softPlus(x, [])),
  gelu: (x) => (x < -99 ? 0 : x * normalShare(x)),
  geluTanh: (x) => (x < -99 ? 0 : x) * functions.sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3), []),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  celu: (x, [a]) => (x > 0 ? x : a! * Math.expm1(x / a!)),
  hardSigmoid: (x) => functions.clip(x + 3, [0, 6]) / 6,
  hardSwish: (x) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6),
  logSigmoid: (x) => -functions.softPlus(-x, []),
  softSign: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))),
  tanhShrink: (x) => (Math.abs(x) < 0.1 ? x ** 3 / 3 - (2 * x ** 5) / 15 + (17 * x ** 7) / 315 : x - Math.tanh(x)),
  softShrink: (x, [l]) => (Math.abs(x) <= l! ? 0 : x - Math.sign(x) * l!),
  hardShrink: (x, [l]) => (Math.abs(x) <= l! ? 0 : x),
  threshold: (x, [least, value]) => (x <= least! ? value! : x),
};

/** Their derivatives; those that are told by a comparison say there what comes at NaN. */
const slopes: typeof functions = {
  sigmoid: (x) => functions.sigmoid(x, []) * functions.sigmoid(-x, []),
  tanh: (x) => 1 - Math.tanh(x) ** 2,
  relu: (x) => (x <= 0 ? 0 : 1),
  leakyRelu: (x, [a]) => (x > 0 ? 1 : a!),
  elu: (x, [a]) => (x > 0 ? 1 : a! * Math.exp(x)),
  softPlus: (x) => functions.sigmoid(x, []),
  silu: (x) => functions.sigmoid(x, []) * (1 + x * functions.sigmoid(-x, [])),
  clip: (x, [low, high]) => (x <= low! || x >= high! ? 0 : 1),
  hardTanh: (x, args) => slopes.clip(x, args),
  mish: (x) => {
    const t = Math.tanh(functions.softPlus(x, []));
    return t + x * (1 - t * t) * functions.sigmoid(x, []);
  },
  gelu: (x) =>
    normalShare(x) + (Math.abs(x) < 99 ? x * Math.exp((-x * x) / 2) : 0 * Math.sign(x)) / Math.sqrt(2 * Math.PI),
  geluTanh: (x) => {
    const [c, bound] = [2 * Math.sqrt(2 / Math.PI), Math.max(-99, Math.min(99, x))];
    const s = functions.sigmoid(c * (bound + 0.044715 * bound ** 3), []);
    return s + bound * s * (1 - s) * c * (1 + 3 * 0.044715 * bound * bound);
  },
  selu: (x) => 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x)),
  celu: (x, [a]) => (x > 0 ? 1 : Math.exp(x / a!)),
  hardSigmoid: (x) => (x <= -3 || x >= 3 ? 0 : 1 / 6),
  hardSwish: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
  logSigmoid: (x) => functions.sigmoid(-x, []),
  softSign: (x) => 1 / (1 + Math.abs(x)) ** 2,
  tanhShrink: (x) => Math.tanh(x) ** 2,
  softShrink: (x, [l]) => (Math.abs(x) <= l! ? 0 : 1),
  hardShrink: (x, [l]) => (Math.abs(x) <= l! ? 0 : 1),
  threshold: (x, [least]) => (x <= least! ? 0 : 1),
};

/** The function on the elements that the slice picks, counted in logical order; the others unchanged. */
function reference(x: Nd, _: unknown, { activation, args, slc }: Activation): Nd {
  const { start = 0, stop = x.data.length, step = 1 } = slc ?? {};
  const [from, to] = [start, stop].map((at) => (at < 0 ? at + x.data.length : at)) as [number, number];
  const picked = (i: number) => i >= from && i < to && (i - from) % step === 0;
  return map(x, (value, i) => (picked(i) ? functions[activation](value, args) : value));
}

/** Where there is no derivative, of the kinds that have other places than 0. */
const kinksOf: Partial<Record<ActivationName, (args: readonly number[]) => readonly number[]>> = {
  clip: (args) => args,
  hardTanh: (args) => args,
  hardSigmoid: () => [-3, 3],
  hardSwish: () => [-3, 3],
  softShrink: ([l]) => [-l!, l!],
  hardShrink: ([l]) => [-l!, l!],
  threshold: ([least]) => [least!],
};
const kinks = ({ activation, args }: Activation) => kinksOf[activation]?.(args) ?? [0];

/**
 * What is lost where the output is all but 1, or all but 0 as what is left of 1 + erf: as in PyTorch, the gradient comes from
 * the rounded output.
 */
const LOST: Partial<Record<ActivationName, number>> = { sigmoid: 3e-7, tanh: 1e-6, gelu: 1e-6 };

for (const kind of Object.keys(functions) as ActivationName[]) {
  moduleSpec(`Activation ${kind}`, {
    classes: [Activation],
    reference,
    kinks,
    specials: true,
    gradient: (x, g, _, { args }) => map(x, (value, i) => slopes[kind](value, args) * g.data[i]!),
    cases: [{ title: 'images', make: () => new Activation(kind), shape: [2, 3, 4, 5] }],
    otherShape: [3, 1, 2, 7],
    draw: (draw) => {
      const low = draw.decimal(-9, 0);
      const drawn: Partial<Record<ActivationName, number[]>> = {
        leakyRelu: [low],
        elu: [-low],
        celu: [0.1 - low],
        ...{ clip: [low, low + draw.decimal(0.1, 9)], hardTanh: [low, low + draw.decimal(0.1, 9)] },
        ...{ softShrink: [-low], hardShrink: [-low] },
        threshold: [low, draw.decimal(-9, 9)],
      };
      const args = drawn[kind] ?? [];
      const shape = [draw.whole(1, 5), draw.whole(1, 6), draw.whole(1, 5)];
      return { make: () => new Activation({ activation: kind, args }), shape };
    },
    tolerance: { relative: 4e-5, absolute: LOST[kind] ?? 0 },
  });
}

moduleSpec('Activation with arguments and slices', {
  classes: [Activation],
  reference,
  kinks,
  cases: [
    { title: 'leakyRelu 0.2', make: () => new Activation('leakyRelu', null, false, 'a', [0.2]), shape: [2, 3, 4, 5] },
    {
      title: 'leakyRelu of a negative slope',
      make: () => new Activation('leakyRelu', null, false, 'a', [-0.5]),
      shape: [4, 9],
    },
    { title: 'elu 0.5', make: () => new Activation('elu', null, false, 'a', [0.5]), shape: [4, 9] },
    { title: 'elu of a negative alpha', make: () => new Activation('elu', null, false, 'a', [-0.7]), shape: [4, 9] },
    { title: 'clip -1 to 0.5', make: () => new Activation('clip', null, false, 'a', [-1, 0.5]), shape: [4, 9] },
    {
      title: 'a slice of a matrix',
      make: () => new Activation('relu', { start: 3, stop: 30, step: 2 }),
      shape: [4, 9],
    },
    {
      title: 'a slice of images, in logical order',
      make: () => new Activation('tanh', { start: -50, stop: -3 }),
      shape: [2, 3, 4, 5],
    },
  ],
  otherShape: [2, 3, 2, 2],
  refuses: [
    {
      title: 'an unknown name, with the nearest',
      make: () => new Activation('leakyrelu' as never),
      type: ValueError,
      says: ['"leakyrelu"', 'Did you mean "leakyRelu"?'],
    },
    {
      title: 'too many arguments',
      make: () => new Activation('elu', null, false, 'a', [1, 2]),
      type: ValueError,
      says: ['alpha', '[1, 2]'],
    },
    {
      title: 'one bound for clip',
      make: () => new Activation('clip', null, false, 'a', [1]),
      type: ValueError,
      says: ['low, high'],
    },
    {
      title: 'bounds in the wrong order',
      make: () => new Activation('clip', null, false, 'a', [1, 0]),
      type: ValueError,
      says: ['low < high'],
    },
    {
      title: 'a celu of alpha 0',
      make: () => new Activation({ activation: 'celu', args: [0] }),
      type: ValueError,
      says: ['alpha other than 0', '[0]'],
    },
    {
      title: 'a shrinking that adds',
      make: () => new Activation({ activation: 'softShrink', args: [-0.5] }),
      type: ValueError,
      says: ['lambda >= 0'],
    },
    { title: 'a step of 0', make: () => new Activation('relu', { step: 0 }), type: ValueError, says: ['step'] },
  ],
});

goldenSpec('Activation', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ kind }: { kind: ActivationName }) => new Activation(kind),
});

describe(`Activation as its documents print it [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));
  const x = [
    [3, -8, -8],
    [-4, 7, 9],
    [0, -9, -10],
  ];

  it('gives the documented sigmoids', async () => {
    const y = await new Activation('sigmoid').forward(x).values();
    const documented = [
      0.95257413, 0.00033535017, 0.00033535017, 0.01798621, 0.999089, 0.99987662, 0.5, 0.00012339462, 0.000045397865,
    ];
    expectClose(y, documented, 'sigmoid', { relative: 5e-7, ofLargest: 0 });
  });

  it('prints the documented relu', async () => {
    const y = new Activation('relu').forward(x);
    await y.values();
    expect(String(y)).to.equal('[[3. 0. 0.]\n [0. 7. 9.]\n [0. 0. 0.]]');
  });

  it('stays finite for large inputs, forward and backward', async () => {
    for (const kind of ['elu', 'softPlus'] as const) {
      const large = new Variable([-1000, -100, 100, 1000], { requiresGrad: true });
      const y = new Activation(kind).forward(large);
      y.backward([1, 1, 1, 1]);
      const left = kind === 'elu' ? -1 : 0;
      expectClose(await y.values(), [left, left, 100, 1000], kind);
      expectClose(await large.grad!.data(), [0, 0, 1, 1], `${kind} gradient`);
    }
  });

  it('has the documented gradients at its kinks', async () => {
    const gradientAt = async (module: Activation, at: number[]) => {
      const variable = new Variable(at, { requiresGrad: true });
      module.forward(variable).backward(at.map(() => 1));
      return [...(await variable.grad!.data())].map((g) => Math.round(g * 1e6) / 1e6);
    };
    expect(await gradientAt(new Activation('relu'), [0])).to.deep.equal([0]);
    expect(await gradientAt(new Activation('leakyRelu'), [0])).to.deep.equal([0.01]);
    expect(await gradientAt(new Activation('elu', null, false, 'e', [0.5]), [0])).to.deep.equal([0.5]);
    expect(await gradientAt(new Activation('clip'), [0, 6])).to.deep.equal([0, 0]);
  });

  it('trains in place: its gradient is computed from the output', async () => {
    const hidden = new Variable([-1, 2], { requiresGrad: true });
    const y = new Activation('relu', null, true).forward(hidden.mul(3));
    y.backward([1, 1]);
    expect([...(await hidden.grad!.data())]).to.deep.equal([0, 3]);
  });

  it('goes by PyTorch’s names where the presets agree, and is written down under its own', async () => {
    for (const [alias, own] of Object.entries(activationAliases) as [ActivationAlias, ActivationName][]) {
      const module = new Activation(alias);
      expect(module.getBlueprint()).to.deep.equal(new Activation(own).getBlueprint());
      expect(String(module)).to.equal(String(new Activation(own)));
      expect(await module.forward(x).values()).to.deep.equal(await new Activation(own).forward(x).values());
    }
    expect(new Activation('ReLU6').args).to.deep.equal([0, 6]);
    expect(() => new Activation('constructor' as never)).to.throw(ValueError, 'unknown activation');
  });
});

describe(`Activations as classes [${backendName}]`, () => {
  onBackend();

  it('are there under every name of PyTorch that is not written small', () => {
    const names = Object.keys(activationAliases).filter((name) => /^[A-Z]/.test(name));
    expect(Object.keys(classes).sort()).to.deep.equal(names.sort());
  });

  for (const [name, Class] of Object.entries(classes)) {
    it(`makes of ${name} what Activation makes of that name`, () => {
      const own = new Activation(name as ActivationAlias);
      const made = new Class();
      expect(made.getBlueprint()).to.deep.equal(
        new Activation({ activation: own.activation, args: own.args }).getBlueprint(),
      );
      expect(String(made)).to.equal(String(own));
      expect(new Class({ inplace: true, name: 'act' }).label).to.equal('Activation "act"');
    });
  }

  it('makes of GELU the exact one or the one by tanh', () => {
    expect(new classes.GELU('tanh').activation).to.equal('geluTanh');
    expect(new classes.GELU({ approximate: 'none' }).activation).to.equal('gelu');
  });

  it('take the numbers of their kind in its order or by name, and refuse others', () => {
    expect(new classes.Hardtanh(-2, 3).args).to.deep.equal([-2, 3]);
    expect(new classes.Hardtanh(-2, { high: 3 }).args).to.deep.equal([-2, 3]);
    expect(new classes.LeakyReLU({ slope: 0.2 }).args).to.deep.equal([0.2]);
    expect(() => new classes.Softshrink(-1)).to.throw(ValueError, 'lambda >= 0');
    expect(() => new classes.ELU({ slope: 1 } as never)).to.throw(ValueError, 'ELU has no option "slope"');
    expect(() => new classes.ReLU(1)).to.throw(ValueError, 'ReLU was given too many arguments');
  });
});
