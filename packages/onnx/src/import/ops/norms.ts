import { norm, Variable, where } from '@tessera-nn/core';
import {
  BatchNorm1D,
  BatchNorm2D,
  BatchNorm3D,
  CrossMapLRN,
  GroupNorm,
  InstanceNorm2D,
  LayerNorm,
  RMSNorm,
} from '@tessera-nn/modules';
import type { NodeReading } from '../node-reading.js';
import { operator, type Operator, type Reader } from '../operator.js';
import { same } from '../shape-rules.js';
import { Constant } from '../value.js';
import { ofRank } from './windows.js';

/** What stands where a file leaves a learned vector out. */
const filledAs = ({ shape }: Constant, value: number): Constant =>
  new Constant(
    { dtype: 'float32', shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) },
    false,
  );

const areAll = ({ array }: Constant, value: number): boolean => Array.from(array.values).every((one) => one === value);

const batchNorm: Reader = (at) => {
  if (at.flag('training_mode')) at.lacks('in training mode');
  if (!at.flag('spatial', true)) at.lacks('that is not spatial');
  const [scale, bias, mean, variance] = ['scales', 'biases', 'means', 'variances'].map((what, i) =>
    at.constant(i + 1, what),
  );
  const factor = 1 - at.float('momentum', 0.9);
  const options = {
    ...{ maps: scale!.array.values.length, epsilon: at.float('epsilon', 1e-5) },
    ...{ initFactor: factor, minFactor: factor },
  };
  // The statistics are those of the file, so the first batch does not set them.
  const axes = Math.max(1, at.rank(0) - 2);
  const Norm = ofRank<typeof BatchNorm2D>(at, axes, [BatchNorm1D, BatchNorm2D, BatchNorm3D]);
  return at.run(new Norm(options), [at.flow(0)], { scale: scale!, bias: bias!, mean: mean!, var: variance! });
};

const instanceNorm: Reader = (at) => {
  const [scale, bias] = [at.constant(1, 'scales'), at.constant(2, 'biases')];
  const [maps, epsilon] = [scale.array.values.length, at.float('epsilon', 1e-5)];
  const module =
    at.rank(0) === 4 ? new InstanceNorm2D({ maps, epsilon }) : new GroupNorm({ groups: maps, maps, epsilon });
  return at.run(module, [at.flow(0)], { scale, bias });
};

const groupNorm: Reader = (at) => {
  const groups = at.int('num_groups', 1);
  const [maps] = at.settled([at.shape(0)[1]!]) as [number];
  // Before opset 21 there was one number for each group.
  const forMaps = (vector: Constant): Constant => {
    const { array, learns } = vector;
    if (array.values.length === maps) return vector;
    const values = Array.from({ length: maps }, (_, map) => array.values[Math.floor((map * groups) / maps)]!);
    return new Constant({ ...array, shape: [maps], values }, learns);
  };
  const module = new GroupNorm({ groups, maps, epsilon: at.float('epsilon', 1e-5) });
  return at.run(module, [at.flow(0)], {
    scale: forMaps(at.constant(1, 'scales')),
    bias: forMaps(at.constant(2, 'biases')),
  });
};

/** The last axes that a norm goes over, which its scales must have. */
function lastAxes(at: NodeReading, scale: Constant): number[] {
  const shape = at.settled(at.shape(0).slice(at.axis(at.int('axis', -1))));
  return String(shape) === String(scale.shape) ? shape : at.lacks(`whose scales are of [${scale.shape.join(', ')}]`);
}

const layerNorm: Reader = (at) => {
  const scale = at.constant(1, 'scales');
  const [shape, epsilon] = [lastAxes(at, scale), at.float('epsilon', 1e-5)];
  if (!at.given(2) && !scale.learns && areAll(scale, 1)) {
    return at.run(new LayerNorm({ shape, epsilon, affine: false }), [at.flow(0)]);
  }
  const bias = at.given(2) ? at.constant(2, 'biases') : filledAs(scale, 0);
  return at.run(new LayerNorm({ shape, epsilon }), [at.flow(0)], { scale, bias });
};

export const normOperators: Record<string, Operator> = {
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  GroupNormalization: groupNorm,
  LayerNormalization: layerNorm,
  RMSNormalization: (at) => {
    const scale = at.constant(1, 'scales');
    return at.run(new RMSNorm({ shape: lastAxes(at, scale), epsilon: at.float('epsilon', 1e-5) }), [at.flow(0)], {
      scale,
    });
  },
  LRN: (at) => {
    const options = {
      ...{ N: at.int('size', 1), K: at.float('bias', 1) },
      ...{ alpha: at.float('alpha', 1e-4), beta: at.float('beta', 0.75) },
    };
    return at.run(new CrossMapLRN(options), [at.flow(0)]);
  },
  LpNormalization: operator<{ axis: number; p: number }>({
    attrs: (at) => ({ axis: at.int('axis', -1), p: at.int('p', 2) }),
    shape: same,
    run: ([x], { axis, p }) => {
      const length = norm(x!, axis, { p, keepDims: true });
      return x!.div(where(length.greater(0), length, new Variable([1])));
    },
  }),
  MeanVarianceNormalization: operator<{ axes: number[] }>({
    attrs: (at) => ({ axes: at.ints('axes') ?? [0, 2, 3] }),
    shape: same,
    run: ([x], { axes }) => {
      const centred = x!.sub(x!.mean(axes, true));
      return centred.div(centred.square().mean(axes, true).sqrt().add(MVN_EPSILON));
    },
  }),
};

/** ONNX' own, added to the deviation. */
const MVN_EPSILON = 1e-9;
