import { convolutionSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './conv-1d.golden.js';
import { Conv1D, type Conv1DOptions } from './conv-1d.js';

convolutionSpec('Conv1D', {
  class: Conv1D,
  make: (options: Conv1DOptions) => new Conv1D(options),
  axes: 1,
  cases: [
    { title: 'sequences', options: { inmaps: 3, outmaps: 4, size: 3 }, shape: [2, 3, 7] },
    {
      title: 'stride, padding and dilation, in two groups',
      options: { inmaps: 4, outmaps: 2, size: 3, stride: 2, pad: 2, dilation: 2, groups: 2 },
      shape: [2, 4, 6],
    },
    {
      title: 'other padding at each end',
      options: { inmaps: 2, outmaps: 3, size: 2, pad: [0, 3] },
      shape: [2, 2, 4],
    },
    {
      title: 'the pad same, without a bias',
      options: { inmaps: 2, outmaps: 2, size: 4, pad: 'same', stride: 3, useBias: false },
      shape: [2, 2, 7],
    },
  ],
  otherShape: [1, 3, 9],
  goldens,
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
