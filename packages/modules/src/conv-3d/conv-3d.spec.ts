import { convolutionSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './conv-3d.golden.js';
import { Conv3D, type Conv3DOptions } from './conv-3d.js';

convolutionSpec('Conv3D', {
  class: Conv3D,
  make: (options: Conv3DOptions) => new Conv3D(options),
  axes: 3,
  cases: [
    { title: 'volumes', options: { inmaps: 2, outmaps: 3, size: 2 }, shape: [2, 2, 3, 4, 3] },
    {
      title: 'stride, padding and dilation, in two groups',
      options: {
        ...{ inmaps: 4, outmaps: 2, size: [3, 2, 1] },
        ...{ stride: [2, 1, 2], pad: [2, 1, 0], dilation: [2, 1, 1], groups: 2 },
      },
      shape: [1, 4, 4, 3, 3],
    },
    {
      title: 'other padding on each side',
      options: {
        ...{ inmaps: 1, outmaps: 2, size: 2 },
        pad: [
          [0, 2],
          [1, 0],
          [0, 1],
        ],
      },
      shape: [2, 1, 2, 2, 3],
    },
    {
      title: 'one deep, the pad same, without a bias',
      options: { inmaps: 2, outmaps: 2, size: [1, 3, 2], pad: 'same', useBias: false },
      shape: [2, 2, 2, 3, 3],
    },
  ],
  otherShape: [1, 2, 2, 3, 5],
  goldens,
});

describe('Conv3D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    const module = new Conv3D(4, 6, 3, 2, 1, 1, 0.5, false, 'conv', 'gaussian', 2);
    expect(module.getBlueprint().options).to.deep.equal({
      ...{ inmaps: 4, outmaps: 6, size: 3, stride: 2, pad: 1, dilation: 1 },
      ...{ wscale: 0.5, useBias: false, name: 'conv', initscheme: 'gaussian', groups: 2 },
    });
    expect(String(module)).to.equal('Conv3D(4, 6, size=3, stride=2, pad=1, groups=2, useBias=false)');
  });
});
