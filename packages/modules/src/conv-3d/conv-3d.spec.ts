import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { correlate, goldenSpec, moduleSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import type { Triple } from '../window/pad.js';
import { goldens } from './conv-3d.golden.js';
import { Conv3D, type Conv3DOptions } from './conv-3d.js';

/** Biases start at 0, where one that is added twice, or to the wrong maps, would not show. */
function conv(inmaps: number, outmaps: number, size: Conv3DOptions['size'], options: Partial<Conv3DOptions> = {}) {
  const module = new Conv3D({ inmaps, outmaps, size, ...options });
  if (module.b) module.setVar('b', new Variable(Float32Array.from({ length: outmaps }, (_, o) => 0.5 * o - 0.75)));
  return module;
}

moduleSpec('Conv3D', {
  classes: [Conv3D],
  reference: (x, { W, b }, { window, groups }) => correlate(x, W!, window, groups, b),
  cases: [
    { title: 'volumes', make: () => conv(2, 3, 2), shape: [2, 2, 3, 4, 3] },
    {
      title: 'stride, padding and dilation, in two groups',
      make: () => conv(4, 2, [3, 2, 1], { stride: [2, 1, 2], pad: [2, 1, 0], dilation: [2, 1, 1], groups: 2 }),
      shape: [1, 4, 4, 3, 3],
    },
    {
      title: 'other padding on each side',
      make: () =>
        conv(1, 2, 2, {
          pad: [
            [0, 2],
            [1, 0],
            [0, 1],
          ],
        }),
      shape: [2, 1, 2, 2, 3],
    },
    {
      title: 'one deep, the pad same, without a bias',
      make: () => conv(2, 2, [1, 3, 2], { pad: 'same', useBias: false }),
      shape: [2, 2, 2, 3, 3],
    },
  ],
  otherShape: [1, 2, 2, 3, 5],
  refuses: [
    {
      title: 'volumes of other maps',
      make: () => new Conv3D({ inmaps: 3, outmaps: 2, size: 3, name: 'conv1' }),
      run: (module) => module.forward(new Variable(new Float32Array(96), { shape: [1, 2, 3, 4, 4] })),
      type: ShapeError,
      says: ['Conv3D "conv1"', '2 maps on axis 1', 'Use inmaps 2', '[batch, 3, depth, height, width]'],
    },
    {
      title: 'images',
      make: () => new Conv3D(3, 2, 3),
      run: (module) => module.forward(new Variable(new Float32Array(12), { shape: [1, 3, 2, 2] })),
      type: ShapeError,
      says: ['[1, 3, 2, 2] is not a batch of volumes'],
    },
    {
      title: 'a filter larger than the padded volumes',
      make: () => new Conv3D({ inmaps: 2, outmaps: 1, size: 3, dilation: 3 }),
      run: (module) => module.forward(new Variable(new Float32Array(96), { shape: [1, 2, 3, 4, 4] })),
      type: ShapeError,
      says: ['larger than the padded volumes', 'filter of 3 with dilation 3'],
    },
    { title: 'two sizes', make: () => new Conv3D(1, 1, [3, 3] as never), type: ValueError, says: ['size', '[3, 3]'] },
  ],
});

goldenSpec('Conv3D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (
    { padding: pad, ...window }: Record<'stride' | 'padding' | 'dilation', Triple> & { groups: number },
    { weight },
  ) => {
    const [outmaps, perGroup, ...size] = weight!.shape as [number, number, number, number, number];
    return new Conv3D({ inmaps: perGroup * window.groups, outmaps, size, pad, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
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
