import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { correlate, map, moduleSpec, normalizeMaps, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { ConvBNAct } from './conv-bn-act.js';

const silu = (x: number) => x / (1 + Math.exp(-x));

function reference(x: Nd, tensors: Tensors, { conv, norm, act }: ConvBNAct): Nd {
  const [W, scale, bias] = ['conv.W', 'norm.scale', 'norm.bias'].map((path) => tensors[path]!) as [Nd, Nd, Nd];
  const y = normalizeMaps(correlate(x, W, conv.window, conv.groups), scale, bias, norm.epsilon);
  return act ? map(y, silu) : y;
}

moduleSpec('ConvBNAct', {
  classes: [ConvBNAct],
  reference,
  regimes: ['ordinary'],
  cases: [
    {
      title: 'half the size',
      make: () => new ConvBNAct({ inmaps: 2, outmaps: 3, size: 3, stride: 2, activation: 'silu' }),
      shape: [2, 2, 3, 4],
    },
    {
      title: 'groups without an activation',
      make: () => new ConvBNAct({ inmaps: 2, outmaps: 2, size: 2, pad: 0, groups: 2, activation: null }),
      shape: [2, 2, 3, 3],
    },
  ],
  otherShape: [3, 2, 2, 3],
  tolerance: { relative: 2e-4, ofLargest: 2e-5 },
  refuses: [
    {
      title: 'images of other maps',
      make: () => new ConvBNAct({ inmaps: 3, outmaps: 2, size: 1, name: 'block' }),
      run: (module) => module.forward(new Variable(new Float32Array(8), { shape: [1, 2, 2, 2] })),
      type: ShapeError,
      says: ['[1, 2, 2, 2] has 2 maps', 'inmaps 2'],
    },
    {
      title: 'an activation that there is not',
      make: () => new ConvBNAct({ inmaps: 1, outmaps: 1, size: 1, activation: 'rellu' as never }),
      type: ValueError,
      says: ['"rellu"', 'Did you mean "relu"?'],
    },
  ],
});

describe('ConvBNAct', () => {
  it('takes a relu unless told otherwise, and keeps the size', () => {
    const module = new ConvBNAct(3, 16, 3, 2);
    expect(module.act!.activation).to.equal('relu');
    expect(module.dataShapeFrom([1, 3, 9, 8])).to.deep.equal([1, 16, 5, 4]);
  });
});
