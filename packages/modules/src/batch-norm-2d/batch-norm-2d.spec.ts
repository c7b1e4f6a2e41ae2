import {
  loadStateDict,
  ModuleError,
  noGrad,
  scope,
  seed,
  ShapeError,
  stateDict,
  ValueError,
  Variable,
} from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import {
  backendName,
  expectClose,
  goldenSpec,
  moduleSpec,
  nd,
  onBackend,
  randomNd,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './batch-norm-2d.golden.js';
import { BatchNorm2D, type BatchNorm2DOptions } from './batch-norm-2d.js';

/** Mean and biased variance of each map over batch, rows and columns. */
function momentsOf(x: Nd): { mean: Float64Array; variance: Float64Array; count: number } {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [mean, variance] = [new Float64Array(maps), new Float64Array(maps)];
  const places = height * width;
  const count = batch * places;
  for (let c = 0; c < maps; c++) {
    for (let n = 0; n < batch; n++) {
      for (let p = 0; p < places; p++) mean[c]! += x.data[(n * maps + c) * places + p]! / count;
    }
    for (let n = 0; n < batch; n++) {
      for (let p = 0; p < places; p++) variance[c]! += (x.data[(n * maps + c) * places + p]! - mean[c]!) ** 2 / count;
    }
  }
  return { mean, variance, count };
}

/** y = scale (x - m) / sqrt(v + epsilon) + bias, by the moments of the batch or the running ones. */
function reference(x: Nd, { scale, bias, mean, var: running }: Tensors, { training, epsilon }: BatchNorm2D): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const moments = training ? momentsOf(x) : { mean: mean!.data, variance: running!.data };
  const y = nd(x.shape);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < maps; c++) {
      const deviation = Math.sqrt(moments.variance[c]! + epsilon);
      for (let p = 0; p < height * width; p++, at++) {
        y.data[at] = (scale!.data[c]! * (x.data[at]! - moments.mean[c]!)) / deviation + bias!.data[c]!;
      }
    }
  }
  return y;
}

/** The presets keep scale near 1 and bias at 0, where mistakes with them would not show. */
function withValues(module: BatchNorm2D): BatchNorm2D {
  const values = (f: (c: number) => number) => new Variable(Float32Array.from({ length: module.maps }, (_, c) => f(c)));
  module.setVar(
    'scale',
    values((c) => 1.5 - c),
  );
  module.setVar(
    'bias',
    values((c) => 0.25 * c - 0.5),
  );
  module.setAttr(
    'mean',
    values((c) => 0.5 * c - 0.3),
  );
  return module.setAttr(
    'var',
    values((c) => 0.4 + 0.8 * c),
  );
}

moduleSpec('BatchNorm2D', {
  classes: [BatchNorm2D],
  reference,
  // Small for its gradient, or so large that sums of squares lose their digits.
  draw: (draw) => {
    const [maps, epsilon] = [draw.whole(1, 5), draw.oneOf([1e-5, 1e-3, 0.1])];
    const shape = draw.oneOf([
      [draw.whole(2, 4), maps, draw.whole(1, 3), draw.whole(2, 3)],
      [64, maps, 28, 28],
    ]);
    return { make: () => withValues(new BatchNorm2D({ maps, epsilon })), shape };
  },
  cases: [
    { title: 'train mode', make: () => withValues(new BatchNorm2D(3)), shape: [2, 3, 4, 5] },
    { title: 'one pixel for each image', make: () => withValues(new BatchNorm2D(2)), shape: [5, 2, 1, 1] },
    { title: 'one image', make: () => withValues(new BatchNorm2D(2)), shape: [1, 2, 2, 3] },
    {
      title: 'a large epsilon',
      make: () => withValues(new BatchNorm2D({ maps: 3, epsilon: 0.5 })),
      shape: [2, 3, 4, 5],
    },
    {
      title: 'scale and bias not learned',
      make: () => new BatchNorm2D({ maps: 3, affine: false }),
      shape: [2, 3, 4, 5],
    },
    { title: 'eval mode', make: () => withValues(new BatchNorm2D(3)).evalMode(), shape: [2, 3, 4, 5] },
    {
      title: 'eval mode on one value for each map',
      make: () => withValues(new BatchNorm2D(3)).evalMode(),
      shape: [1, 3, 1, 1],
    },
    {
      title: 'eval mode, scale and bias not learned',
      make: () => new BatchNorm2D({ maps: 3, affine: false, epsilon: 0.5 }).evalMode(),
      shape: [2, 3, 4, 5],
    },
  ],
  otherShape: [3, 3, 1, 4],
  refuses: [
    ...[0, -1e-5, NaN, Infinity].map((epsilon) => ({
      title: `an epsilon of ${epsilon}`,
      make: () => new BatchNorm2D({ maps: 3, epsilon, name: 'norm' }),
      type: ValueError,
      says: ['BatchNorm2D "norm"', 'a finite number above 0', `received ${epsilon}`],
    })),
    ...(['initFactor', 'minFactor'] as const).flatMap((factor) =>
      [-0.1, 1.5, NaN].map((value) => ({
        title: `${factor} of ${value}`,
        make: () => new BatchNorm2D({ maps: 3, [factor]: value }),
        type: ValueError,
        says: [factor, 'a number from 0 to 1', `received ${value}`],
      })),
    ),
    {
      title: 'a spread of scales below 0',
      make: () => new BatchNorm2D({ maps: 3, sscale: -1 }),
      type: ValueError,
      says: ['sscale', 'a finite number from 0'],
    },
    {
      title: 'a matrix',
      make: () => new BatchNorm2D({ maps: 3, name: 'norm' }),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['BatchNorm2D "norm"', '[1, 3] is not a batch of images', '[batch, 3, height, width]'],
    },
    {
      title: 'another count of maps, with both numbers',
      make: () => new BatchNorm2D(3),
      run: (module) => module.forward(new Variable(new Float32Array(16), { shape: [1, 4, 2, 2] })),
      type: ShapeError,
      says: ['[1, 4, 2, 2] has 4 maps on axis 1', 'built for 3', 'new BatchNorm2D(4)'],
    },
    {
      title: 'one value for each map in train mode',
      make: () => new BatchNorm2D(3),
      run: (module) => module.forward(new Variable(new Float32Array(3), { shape: [1, 3, 1, 1] })),
      type: ShapeError,
      says: ['no variance', '[1, 3, 1, 1]', 'evalMode()'],
    },
    {
      title: 'an empty batch',
      make: () => new BatchNorm2D(3),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 3, 2, 2] })),
      type: ShapeError,
      says: ['[0, 3, 2, 2] is empty'],
    },
    {
      title: 'to train in place',
      make: () => new BatchNorm2D({ maps: 1, inplace: true, name: 'norm' }),
      run: (module) => module.forward([[[[1, 2]]]]),
      type: ModuleError,
      says: ['BatchNorm2D "norm"', 'in place', 'train mode', 'evalMode()'],
    },
    { title: 'no maps', make: () => new BatchNorm2D(0), type: ValueError, says: ['maps', 'from 1', '0'] },
  ],
});

interface GoldenAttrs {
  eps: number;
  /** In train mode: its running statistics start at 0 and 1 and take this part of each batch. */
  momentum?: number;
  /** In eval mode. */
  running_mean?: number[];
  running_var?: number[];
}

goldenSpec('BatchNorm2D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ eps, momentum, running_mean, running_var }: GoldenAttrs, { weight }) => {
    const rule = momentum === undefined ? {} : { initFactor: momentum, minFactor: momentum };
    const module = new BatchNorm2D({ maps: weight!.data.length, epsilon: eps, ...rule });
    if (!running_mean || !running_var) return module;
    return module.setAttr('mean', running_mean).setAttr('var', running_var).evalMode();
  },
  parameters: { weight: 'scale', bias: 'bias' },
  after: async (module, { attrs, runningMean, runningVar }) => {
    const { running_mean, running_var } = attrs as Partial<GoldenAttrs>;
    expectClose(await module.mean.values(), runningMean?.data ?? running_mean!, 'running mean');
    expectClose(await module.var.values(), runningVar?.data ?? running_var!, 'running variance');
  },
});

describe(`The running statistics of BatchNorm2D [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  const SHAPE = [2, 3, 2, 2];
  /** Batch n with another mean and spread for each map. */
  const batch = (n: number): Nd => {
    const x = randomNd(SHAPE, n, 1 + 0.3 * n);
    return { shape: SHAPE, data: x.data.map((value, i) => Math.fround(value + n * (Math.floor(i / 4) % 3))) };
  };
  const forward = (module: BatchNorm2D, { data, shape }: Nd) => module.forward(new Variable(data, { shape }));

  for (const [rule, options] of [
    ['1 / n, and a tenth from the tenth batch on', {}],
    ['a tenth always, as in PyTorch', { initFactor: 0.1, minFactor: 0.1 }],
    ['0.8 / n down to a half', { initFactor: 0.8, minFactor: 0.5 }],
  ] as const) {
    it(`move towards each batch by ${rule}`, async () => {
      const module = new BatchNorm2D({ maps: 3, ...options });
      const { initFactor = 1, minFactor = 0.1 }: Partial<BatchNorm2DOptions> = options;
      const mean = [0, 0, 0];
      const variance = [1, 1, 1];
      for (let n = 1; n <= 12; n++) {
        forward(module, batch(n));
        const moments = momentsOf(batch(n));
        const factor = Math.max(initFactor / n, minFactor);
        for (let c = 0; c < 3; c++) {
          const unbiased = (moments.variance[c]! * moments.count) / (moments.count - 1);
          mean[c] = (1 - factor) * mean[c]! + factor * moments.mean[c]!;
          variance[c] = (1 - factor) * variance[c]! + factor * unbiased;
        }
        if (n !== 1 && n !== 3 && n !== 12) continue;
        expectClose(await module.mean.values(), mean, `mean after batch ${n}`);
        expectClose(await module.var.values(), variance, `var after batch ${n}`);
      }
    });
  }

  it('are those of the first batch after it, whatever was there', async () => {
    const [fresh, used] = [new BatchNorm2D(3), withValues(new BatchNorm2D(3))];
    forward(fresh, batch(4));
    forward(used, batch(4));
    expect(await used.mean.values()).to.deep.equal(await fresh.mean.values());
    expect(await used.var.values()).to.deep.equal(await fresh.var.values());
  });

  it('move also where nothing is recorded, and stand still in eval mode', async () => {
    const module = new BatchNorm2D(3);
    noGrad(() => forward(module, batch(1)));
    const [mean, variance] = [await module.mean.values(), await module.var.values()];
    expectClose(mean, momentsOf(batch(1)).mean, 'mean');
    forward(module.evalMode(), batch(2));
    expect(await module.mean.values()).to.deep.equal(mean);
    expect(await module.var.values()).to.deep.equal(variance);
    expect([...(await module.numOfProps.values())]).to.deep.equal([1]);
  });

  it('go on after a reload as if there had been none', async () => {
    const [original, copy] = [new BatchNorm2D(3), new BatchNorm2D(3)];
    for (const n of [1, 2, 3]) forward(original, batch(n));
    loadStateDict(copy, await stateDict(original));
    for (const module of [original, copy]) forward(module, batch(4));
    expect(await copy.mean.values()).to.deep.equal(await original.mean.values());
    expect(await copy.var.values()).to.deep.equal(await original.var.values());
  });

  it('are buffers: saved, and never learned', () => {
    const module = new BatchNorm2D(3);
    expect([...module.namedBuffers()].map(([name]) => name)).to.deep.equal(['mean', 'var', 'numOfProps']);
    expect([...module.namedParameters()].map(([name]) => name)).to.deep.equal(['scale', 'bias']);
    forward(module, batch(1)).sum().backward();
    expect(module.mean.grad).to.equal(null);
    expect([module.scale.wc, module.bias.wc]).to.deep.equal([0, 0]);
  });
});

describe(`BatchNorm2D at the edges [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('normalises maps whose mean is far larger than their spread', async () => {
    // Quarters, so that their sums are exact in float32 and only the mean is rounded, by less than 1e-4 of the spread.
    // With a mean of squares less the square of the mean, the variance would be wrong by several per cent.
    const values = Float32Array.from({ length: 48 }, (_, i) => (i % 24 < 12 ? 1024 : -1024) + ((i * 7) % 16) / 4);
    const x = nd([2, 2, 3, 4], values);
    const module = new BatchNorm2D({ maps: 2, affine: false });
    const output = module.forward(new Variable(x.data, { shape: x.shape }));
    const tensors = { scale: nd([2], [1, 1]), bias: nd([2], [0, 0]) };
    expectClose(await output.values(), reference(x, tensors, module).data, 'y', { ofLargest: 1e-4 });
  });

  it('gives the bias, and a finite gradient, for a map of one value', async () => {
    const module = withValues(new BatchNorm2D(1));
    const x = new Variable(new Float32Array(4).fill(3), { shape: [1, 1, 2, 2], requiresGrad: true });
    const y = module.forward(x);
    y.backward(new Variable([1, 2, 3, 4], { shape: [1, 1, 2, 2] }));
    expectClose(await y.values(), [-0.5, -0.5, -0.5, -0.5], 'y');
    const factor = 1.5 / Math.sqrt(1e-5);
    expectClose(await x.grad!.data(), [-1.5 * factor, -0.5 * factor, 0.5 * factor, 1.5 * factor], 'dx');
  });

  it('draws scales around 1 anew for each seed, as wide as sscale says', async () => {
    const drawn = async (of: number, sscale?: number) => {
      seed(of);
      return [...(await new BatchNorm2D({ maps: 50, ...(sscale === undefined ? {} : { sscale }) }).scale.values())];
    };
    expect(await drawn(1)).to.not.deep.equal(await drawn(2));
    for (const value of await drawn(1)) expect(value).to.be.within(0.95, 1.05);
    expect(new Set(await drawn(1, 0))).to.deep.equal(new Set([1]));
    expect(Math.max(...(await drawn(1, 10)))).to.be.greaterThan(5);
  });

  it('keeps scale at 1 and bias at 0, without gradients, when they are not learned', async () => {
    const module = new BatchNorm2D({ maps: 2, affine: false });
    module.forward(new Variable([1, 2, 3, 5], { shape: [2, 2, 1, 1] })).backward([
      [[[1]], [[2]]],
      [[[3]], [[5]]],
    ]);
    expect([...(await module.scale.values())]).to.deep.equal([1, 1]);
    expect([...(await module.bias.values())]).to.deep.equal([0, 0]);
    expect([module.scale.grad, module.bias.grad]).to.deep.equal([null, null]);
  });

  it('shows the result in its input when it works in place in eval mode', async () => {
    const module = withValues(new BatchNorm2D({ maps: 1, inplace: true })).evalMode();
    const factor = 1.5 / Math.sqrt(0.4 + 1e-5);
    await scope(async () => {
      const x = new Variable([1, 2], { shape: [1, 1, 1, 2] });
      expect(module.forward(x).storage).to.equal(x.storage);
      expectClose(await x.values(), [1.3 * factor - 0.5, 2.3 * factor - 0.5], 'x');
    });
  });

  it('takes its arguments in the order of PuzzleLib', () => {
    const module = new BatchNorm2D(4, 1e-3, 0.5, 0.2, 0.1, false, 'norm');
    expect(module.getBlueprint().options).to.deep.equal({
      ...{ maps: 4, epsilon: 1e-3, initFactor: 0.5, minFactor: 0.2, sscale: 0.1, affine: false, inplace: false },
      name: 'norm',
    });
  });

  it('prints as the call that makes it', () => {
    expect(String(new BatchNorm2D(32))).to.equal('BatchNorm2D(32, epsilon=0.00001)');
    expect(String(new BatchNorm2D({ maps: 2, affine: false }))).to.equal(
      'BatchNorm2D(2, epsilon=0.00001, affine=false)',
    );
  });
});
