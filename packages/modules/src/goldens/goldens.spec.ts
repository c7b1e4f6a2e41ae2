import { seed, Variable, type Module } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { backendName, expectClose, onBackend, type Tolerance } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Activation } from '../activation/activation.js';
import { AvgPool2D } from '../avg-pool-2d/avg-pool-2d.js';
import { BatchNorm2D } from '../batch-norm-2d/batch-norm-2d.js';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { Linear } from '../linear/linear.js';
import { MaxPool2D } from '../max-pool-2d/max-pool-2d.js';
import { PRelu } from '../prelu/prelu.js';
import type { Pair } from '../window/window.js';
import { activation } from './activation.golden.spec.js';
import { avgPool2d } from './avg-pool-2d.golden.spec.js';
import { batchNorm2d } from './batch-norm-2d.golden.spec.js';
import { conv2d } from './conv-2d.golden.spec.js';
import { linear } from './linear.golden.spec.js';
import { maxPool2d } from './max-pool-2d.golden.spec.js';
import { prelu } from './prelu.golden.spec.js';

interface Figures {
  shape: number[];
  data: number[];
}

/** One call in PyTorch: what went in, what came out, and the gradients of `gradOutput` by what went in. */
interface Golden<Attrs> {
  attrs: Attrs;
  inputs: Record<string, Figures>;
  output: Figures;
  gradOutput: Figures;
  grads: Record<string, Figures>;
  runningMean?: Figures;
  runningVar?: Figures;
}

interface Comparison<M extends Module, Attrs> {
  goldens: Golden<Attrs>[];
  make: (attrs: Attrs, inputs: Record<string, Figures>) => M;
  /** Which of our parameters each of PyTorch's inputs is. */
  parameters?: Record<string, string>;
  tolerance?: Tolerance;
  /** What else a forward pass leaves behind. */
  after?: (module: M, golden: Golden<Attrs>) => Promise<void>;
}

const variable = ({ data, shape }: Figures, requiresGrad = false) => new Variable(data, { shape, requiresGrad });

/** The attributes without tables of figures. */
const shown = (attrs: object) =>
  Object.entries(attrs)
    .filter(([, value]) => !Array.isArray(value) || value.length === 2)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ') || 'presets';

function compare<M extends Module, Attrs extends object>(name: string, comparison: Comparison<M, Attrs>): void {
  const { goldens, make, parameters = {}, tolerance, after } = comparison;

  describe(`${name} beside PyTorch 2.13.0 [${backendName}]`, () => {
    onBackend();
    beforeEach(() => seed(1));

    it('is compared with something', () => expect(goldens.length).to.be.greaterThan(0));

    for (const golden of goldens) {
      const { attrs, inputs, output, gradOutput, grads } = golden;
      const shapes = Object.entries(inputs).map(([input, { shape }]) => `${input} [${shape.join(', ')}]`);
      it(`gives the output and all gradients of ${shapes.join(', ')} with ${shown(attrs)}`, async () => {
        const module = make(attrs, inputs);
        for (const [theirs, ours] of Object.entries(parameters)) {
          expect(inputs, theirs).to.have.property(theirs);
          module.setVar(ours, variable(inputs[theirs]!));
        }
        const x = variable(inputs.x!, true);
        const y = module.forward(x);
        y.backward(variable(gradOutput));
        expect(y.shape).to.deep.equal(output.shape);
        expectClose(await y.values(), output.data, 'output', tolerance);
        for (const [theirs, { data }] of Object.entries(grads)) {
          const leaf = theirs === 'x' ? x : module.getVar(parameters[theirs]!);
          expectClose(await leaf.grad!.data(), data, `gradient of ${theirs}`, tolerance);
        }
        await after?.(module, golden);
      });
    }
  });
}

interface ConvAttrs {
  stride: Pair;
  padding: Pair;
  dilation: Pair;
  groups: number;
}

compare('Conv2D', {
  goldens: conv2d as Golden<ConvAttrs>[],
  make: ({ padding, ...window }, { weight }) => {
    const [outmaps, perGroup, ...size] = imageShape(weight!.shape);
    return new Conv2D({ inmaps: perGroup * window.groups, outmaps, size, pad: padding, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
});

compare('Linear', {
  goldens: linear as Golden<object>[],
  make: (_, { weight }) => {
    const [outsize, insize] = weight!.shape as [number, number];
    return new Linear({ insize, outsize, transpose: true });
  },
  parameters: { weight: 'W', bias: 'b' },
});

interface PoolAttrs {
  kernel: Pair;
  stride: Pair;
  padding: Pair;
}

compare('MaxPool2D', {
  goldens: maxPool2d as Golden<PoolAttrs>[],
  make: ({ kernel, stride, padding }) => new MaxPool2D(kernel, stride, padding),
});

compare('AvgPool2D', {
  goldens: avgPool2d as Golden<PoolAttrs & { count_include_pad: boolean }>[],
  make: ({ kernel, stride, padding, count_include_pad }) => new AvgPool2D(kernel, stride, padding, count_include_pad),
});

interface BatchNormAttrs {
  eps: number;
  /** In train mode: its running statistics start at 0 and 1 and take this part of each batch. */
  momentum?: number;
  /** In eval mode. */
  running_mean?: number[];
  running_var?: number[];
}

compare('BatchNorm2D', {
  goldens: batchNorm2d as Golden<BatchNormAttrs>[],
  make: ({ eps, momentum, running_mean, running_var }, { weight }) => {
    const rule = momentum === undefined ? {} : { initFactor: momentum, minFactor: momentum };
    const module = new BatchNorm2D({ maps: weight!.data.length, epsilon: eps, ...rule });
    if (!running_mean || !running_var) return module;
    return module.setAttr('mean', running_mean).setAttr('var', running_var).evalMode();
  },
  parameters: { weight: 'scale', bias: 'bias' },
  after: async (module, { attrs, runningMean, runningVar }) => {
    expectClose(await module.mean.values(), runningMean?.data ?? attrs.running_mean!, 'running mean');
    expectClose(await module.var.values(), runningVar?.data ?? attrs.running_var!, 'running variance');
  },
});

compare('PRelu', {
  goldens: prelu as Golden<object>[],
  make: (_, { weight }) => {
    const maps = weight!.data.length;
    return maps === 1 ? new PRelu({ sharedMaps: true }) : new PRelu(maps);
  },
  parameters: { weight: 'slopes' },
});

compare('Activation', {
  goldens: activation as Golden<{ kind: Activation['activation'] }>[],
  make: ({ kind }) => new Activation(kind),
});
