import { elementwiseOp, logSoftmax, softmax, where, type AnyModule, type Variable } from '@tessera-nn/core';
import { formula as f } from '@tessera-nn/kernels';
import { Activation, LogSoftMax, PRelu, SoftMax, type ActivationName } from '@tessera-nn/modules';
import type { NodeReading } from '../node-reading.js';
import { operator, type FunctionOperator, type Operator, type Reader } from '../operator.js';
import { lengthOf } from '../host-array.js';
import { axisIn, broadcast, same } from '../shape-rules.js';
import { Constant, type Value } from '../value.js';

/** An activation of ours, with the numbers that it takes. */
const activation =
  (name: ActivationName, args: (at: NodeReading) => number[] = () => []): Reader =>
  (at) =>
    at.run(new Activation({ activation: name, args: args(at) }), [at.input(0)]);

/** An activation of ours where its numbers are the usual ones, else a function. */
const usually = <Attrs extends Record<string, number>>(
  name: ActivationName,
  { usual, ...made }: Omit<FunctionOperator<Attrs>, 'shape' | 'module'> & { usual: Attrs },
): Operator =>
  operator<Attrs>({
    ...made,
    shape: same,
    module: (attrs) =>
      Object.entries(usual).every(([key, value]) => Math.abs(attrs[key]! - value) < 1e-6 * Math.abs(value))
        ? new Activation({ activation: name })
        : undefined,
  });

const selu = elementwiseOp<'alpha' | 'gamma'>({
  name: 'ScaledElu',
  params: ['alpha', 'gamma'],
  value: ({ x, alpha, gamma }) => f.mul(gamma, f.select(f.gt(x, 0), x, f.mul(alpha, f.expm1(x)))),
});

const hardSigmoid = elementwiseOp<'alpha' | 'beta'>({
  name: 'SlopedHardSigmoid',
  params: ['alpha', 'beta'],
  value: ({ x, alpha, beta }) => f.max(0, f.min(1, f.add(f.mul(alpha, x), beta))),
});

const shrink = elementwiseOp<'lambda' | 'bias'>({
  name: 'BiasedShrink',
  params: ['lambda', 'bias'],
  value: ({ x, lambda, bias }) =>
    f.select(f.gt(x, lambda), f.sub(x, bias), f.select(f.lt(x, f.neg(lambda)), f.add(x, bias), 0)),
});

const swish = elementwiseOp<'alpha'>({
  name: 'SlopedSwish',
  params: ['alpha'],
  value: ({ x, alpha }) => f.mul(x, f.sigmoid(f.mul(alpha, x))),
});

/** A bound that is an attribute in older files, and an input in newer ones. */
function bound(at: NodeReading, name: string, place: number): number | undefined {
  if (at.opset < 11) return at.has(name) ? at.float(name, 0) : undefined;
  return at.given(place) ? at.numbers(place, name)[0] : undefined;
}

/** The largest float32: bounds at its size are none. */
const LARGEST = 3.4e38;

interface Bounds extends Record<string, number | undefined> {
  low?: number;
  high?: number;
}

/** Softmax and its logarithm. Before opset 13 over all axes from one on. */
const overAxis = (run: (x: Variable, axis: number) => Variable, module: (axis: number) => AnyModule): Operator =>
  operator<{ axis: number; isFlat: boolean }>({
    attrs: (at) => {
      const isOld = at.opset < 13;
      const axis = at.int('axis', isOld ? 1 : -1);
      return { axis, isFlat: isOld && at.axis(axis) < at.rank(0) - 1 };
    },
    module: ({ axis, isFlat }) => (isFlat ? undefined : module(axis)),
    shape: same,
    run: ([x], { axis, isFlat }) => {
      if (!isFlat) return run(x!, axis);
      const rows = lengthOf(x!.shape.slice(0, axisIn(axis, x!.rank)));
      return run(x!.reshape([rows, -1]), 1).reshape(x!.shape);
    },
  });

/** Slopes that lie along the maps, or are one, are a module's; what else broadcasts is a function. */
function readPRelu(at: NodeReading): Value | undefined {
  const [x, slope] = [at.flow(0), at.input(1)];
  if (!(slope instanceof Constant) || !slope.learns) return undefined;
  const [rank, count] = [at.rank(0), slope.array.values.length];
  // Before opset 7 slopes lay along the maps.
  const isAlongMaps = (at.opset < 7 && slope.shape.length === 1) || slope.shape.at(1 - rank) === count;
  if (count !== 1 && (rank < 2 || !isAlongMaps)) return undefined;
  const module = new PRelu({ maps: count, sharedMaps: count === 1 });
  return at.run(module, [x], { slopes: at.reshaped(slope, [count]) });
}

export const activationOperators: Record<string, Operator> = {
  Relu: activation('relu'),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  Softplus: activation('softPlus'),
  Softsign: activation('softSign'),
  HardSwish: activation('hardSwish'),
  Mish: activation('mish'),
  LeakyRelu: activation('leakyRelu', (at) => [at.float('alpha', 0.01)]),
  Elu: activation('elu', (at) => [at.float('alpha', 1)]),
  Celu: activation('celu', (at) => [at.float('alpha', 1)]),
  ThresholdedRelu: activation('threshold', (at) => [at.float('alpha', 1), 0]),
  Gelu: (at) => {
    const isTanh = at.text('approximate', 'none') === 'tanh';
    return at.run(new Activation({ activation: isTanh ? 'geluTanh' : 'gelu' }), [at.input(0)]);
  },
  Selu: usually('selu', {
    usual: { alpha: 1.67326324, gamma: 1.05070102 },
    // Before opset 6 the presets had fewer digits.
    attrs: (at) => ({ alpha: at.float('alpha', 1.67326319), gamma: at.float('gamma', 1.05070102) }),
    run: ([x], attrs) => selu(x!, attrs),
  }),
  HardSigmoid: usually('hardSigmoid', {
    usual: { alpha: 1 / 6, beta: 0.5 },
    attrs: (at) => ({ alpha: at.float('alpha', 0.2), beta: at.float('beta', 0.5) }),
    run: ([x], attrs) => hardSigmoid(x!, attrs),
  }),
  Swish: usually('silu', {
    usual: { alpha: 1 },
    attrs: (at) => ({ alpha: at.float('alpha', 1) }),
    run: ([x], attrs) => swish(x!, attrs),
  }),
  Shrink: operator<{ lambda: number; bias: number }>({
    attrs: (at) => ({ lambda: at.float('lambd', 0.5), bias: at.float('bias', 0) }),
    shape: same,
    run: ([x], attrs) => shrink(x!, attrs),
  }),
  Clip: operator<Bounds>({
    attrs: (at) => {
      const [low, high] = [bound(at, 'min', 1), bound(at, 'max', 2)];
      return {
        ...(low !== undefined && low > -LARGEST && { low }),
        ...(high !== undefined && high < LARGEST && { high }),
      };
    },
    inputs: (at) => [at.input(0)],
    module: ({ low, high }, at) =>
      low !== undefined && high !== undefined && low < high && at.input(0).dtype === 'float32'
        ? new Activation({ activation: 'clip', args: [low, high] })
        : undefined,
    shape: same,
    run: ([x], { low, high }) => x!.clip(low, high),
  }),
  Softmax: overAxis(softmax, (axis) => new SoftMax({ axis })),
  LogSoftmax: overAxis(logSoftmax, (axis) => new LogSoftMax({ axis })),
  PRelu: {
    read: readPRelu,
    shape: broadcast,
    run: ([x, slope]) => where(x!.greater(0), x!, x!.mul(slope!)),
  },
};
