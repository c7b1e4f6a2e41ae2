import { ShapeError, Variable } from '@tessera-nn/core';
import {
  correlate,
  map,
  moduleSpec,
  normalizeMaps,
  randomNd,
  signedInputs,
  type Nd,
  type Tensors,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import type { ConvBNAct } from '../conv-bn-act/conv-bn-act.js';
import { InvertedResidual, type InvertedResidualOptions } from './inverted-residual.js';

const silu = (x: number) => x / (1 + Math.exp(-x));

function reference(x: Nd, tensors: Tensors, module: InvertedResidual): Nd {
  const part = (input: Nd, path: string, { conv, norm, act }: ConvBNAct): Nd => {
    const of = (name: string) => tensors[`${path}.${name}`]!;
    const y = correlate(input, of('conv.W'), conv.window, conv.groups);
    const normal = normalizeMaps(y, of('norm.scale'), of('norm.bias'), norm.epsilon);
    return act ? map(normal, silu) : normal;
  };
  const more = module.expand ? part(x, 'expand', module.expand) : x;
  const y = part(part(more, 'filter', module.filter), 'project', module.project);
  return module.keepsShape ? map(y, (value, i) => value + x.data[i]!) : y;
}

/**
 * Numbers far apart, input and weights: three normalisations bend what lies close together more than differences of
 * differences can follow.
 */
const wide = (shape: readonly number[]) => map(signedInputs(shape, 1), (value) => 4 * value);
function make(options: InvertedResidualOptions): InvertedResidual {
  const module = new InvertedResidual({ ...options, activation: 'silu' });
  const weights = [...module.namedParameters()].filter(([path]) => path.endsWith('.W'));
  for (const [i, [path, { shape }]] of weights.entries())
    module.setVar(path, new Variable(randomNd(shape, 5 + i, 8).data, { shape }));
  return module;
}

moduleSpec('InvertedResidual', {
  classes: [InvertedResidual],
  reference,
  regimes: ['ordinary'],
  cases: [
    {
      title: 'the same shape',
      make: () => make({ inmaps: 2, outmaps: 2, expansion: 2 }),
      shape: [2, 2, 3, 3],
      input: wide,
    },
    {
      title: 'half the size and other maps, not expanded',
      make: () => make({ inmaps: 2, outmaps: 3, stride: 2, expansion: 1 }),
      shape: [2, 2, 4, 3],
      input: wide,
    },
  ],
  otherShape: [1, 2, 4, 3],
  tolerance: { relative: 4e-4, ofLargest: 4e-5 },
});

describe('InvertedResidual', () => {
  it('refuses images of other maps', () => {
    const images = new Variable(new Float32Array(8), { shape: [1, 2, 2, 2] });
    expect(() => new InvertedResidual(3, 3).forward(images)).to.throw(ShapeError, '[1, 2, 2, 2] has 2 maps');
  });

  it('has the parameters of MobileNetV2, and of MobileNetV3 where it squeezes', () => {
    // 16 to 24 maps with 96 between: 16 96 + 2 96, 9 96 + 2 96, 96 24 + 2 24.
    expect(new InvertedResidual(16, 24, 2).numOfParams()).to.equal(1728 + 1056 + 2352);
    const squeezing = new InvertedResidual({ inmaps: 16, outmaps: 24, stride: 2, squeezes: true });
    expect(squeezing.numOfParams() - 5136).to.equal(96 * 24 + 24 + 24 * 96 + 96);
  });
});
