import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { correlate, goldenSpec, moduleSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './conv-1d.golden.js';
import { Conv1D, type Conv1DOptions } from './conv-1d.js';

/** Biases start at 0, where one that is added twice, or to the wrong maps, would not show. */
function conv(inmaps: number, outmaps: number, size: Conv1DOptions['size'], options: Partial<Conv1DOptions> = {}) {
  const module = new Conv1D({ inmaps, outmaps, size, ...options });
  if (module.b) module.setVar('b', new Variable(Float32Array.from({ length: outmaps }, (_, o) => 0.5 * o - 0.75)));
  return module;
}

moduleSpec('Conv1D', {
  classes: [Conv1D],
  reference: (x, { W, b }, { window, groups }) => correlate(x, W!, window, groups, b),
  cases: [
    { title: 'sequences', make: () => conv(3, 4, 3), shape: [2, 3, 7] },
    {
      title: 'stride, padding and dilation, in two groups',
      make: () => conv(4, 2, 3, { stride: 2, pad: 2, dilation: 2, groups: 2 }),
      shape: [2, 4, 6],
    },
    { title: 'other padding at each end', make: () => conv(2, 3, 2, { pad: [0, 3] }), shape: [2, 2, 4] },
    {
      title: 'the pad same, without a bias',
      make: () => conv(2, 2, 4, { pad: 'same', stride: 3, useBias: false }),
      shape: [2, 2, 7],
    },
  ],
  otherShape: [1, 3, 9],
  refuses: [
    {
      title: 'sequences of other maps',
      make: () => new Conv1D({ inmaps: 3, outmaps: 2, size: 3, name: 'conv1' }),
      run: (module) => module.forward(new Variable(new Float32Array(10), { shape: [1, 2, 5] })),
      type: ShapeError,
      says: ['Conv1D "conv1"', '2 maps on axis 1', 'Use inmaps 2', '[batch, 3, length]'],
    },
    {
      title: 'images',
      make: () => new Conv1D(3, 2, 3),
      run: (module) => module.forward(new Variable(new Float32Array(12), { shape: [1, 3, 2, 2] })),
      type: ShapeError,
      says: ['[1, 3, 2, 2] is not a batch of sequences'],
    },
    {
      title: 'a filter larger than the padded sequences',
      make: () => new Conv1D({ inmaps: 2, outmaps: 1, size: 3, dilation: 3 }),
      run: (module) => module.forward(new Variable(new Float32Array(10), { shape: [1, 2, 5] })),
      type: ShapeError,
      says: ['larger than the padded sequences', 'filter of 3 with dilation 3'],
    },
    { title: 'two sizes', make: () => new Conv1D(1, 1, [3, 3] as never), type: ValueError, says: ['size', '[3, 3]'] },
  ],
});

goldenSpec('Conv1D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ padding: pad, ...window }: Record<'stride' | 'padding' | 'dilation' | 'groups', number>, { weight }) => {
    const [outmaps, perGroup, size] = weight!.shape as [number, number, number];
    return new Conv1D({ inmaps: perGroup * window.groups, outmaps, size, pad, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
});

describe('Conv1D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    const module = new Conv1D(4, 6, 3, 2, 1, 1, 0.5, false, 'conv', 'gaussian', 2);
    expect(module.getBlueprint().options).to.deep.equal({
      ...{ inmaps: 4, outmaps: 6, size: 3, stride: 2, pad: 1, dilation: 1 },
      ...{ wscale: 0.5, useBias: false, name: 'conv', initscheme: 'gaussian', groups: 2 },
    });
    expect(String(module)).to.equal('Conv1D(4, 6, size=3, stride=2, pad=1, groups=2, useBias=false)');
  });

  it('prints padding that is not the same at both ends', () => {
    expect(String(new Conv1D({ inmaps: 1, outmaps: 1, size: 3, pad: [0, 2] }))).to.contain('pad=[0, 2]');
  });
});
