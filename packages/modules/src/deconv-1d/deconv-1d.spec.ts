import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { goldenSpec, moduleSpec, spread } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './deconv-1d.golden.js';
import { Deconv1D, type Deconv1DOptions } from './deconv-1d.js';

/** Biases start at 0, where one that is added twice, or to the wrong maps, would not show. */
function deconv(
  inmaps: number,
  outmaps: number,
  size: Deconv1DOptions['size'],
  options: Partial<Deconv1DOptions> = {},
) {
  const module = new Deconv1D({ inmaps, outmaps, size, ...options });
  if (module.b) module.setVar('b', new Variable(Float32Array.from({ length: outmaps }, (_, o) => 0.5 * o - 0.75)));
  return module;
}

moduleSpec('Deconv1D', {
  classes: [Deconv1D],
  reference: (x, { W, b }, { window, postpad, groups }) => {
    const { size, stride, pad, dilation } = window;
    const lengths = x.shape.slice(2).map((length, axis) => {
      if (pad === 'same') return length * stride[axis]!;
      const reach = (size[axis]! - 1) * dilation[axis]! + 1;
      return (length - 1) * stride[axis]! + reach - pad[axis]![0] - pad[axis]![1] + postpad[axis]!;
    });
    return spread(x, W!, window, groups, lengths, b);
  },
  cases: [
    { title: 'twice as long', make: () => deconv(3, 2, 2, { stride: 2 }), shape: [2, 3, 4] },
    {
      title: 'windows that overlap, padding, dilation, further places',
      make: () => deconv(2, 2, 3, { stride: 2, pad: 1, dilation: 2, postpad: 1 }),
      shape: [2, 2, 4],
    },
    {
      title: 'the pad same, in two groups without a bias',
      make: () => deconv(4, 2, 3, { stride: 2, pad: 'same', groups: 2, useBias: false }),
      shape: [2, 4, 3],
    },
  ],
  otherShape: [1, 3, 5],
  refuses: [
    {
      title: 'sequences of other maps',
      make: () => new Deconv1D({ inmaps: 3, outmaps: 2, size: 3, name: 'up' }),
      run: (module) => module.forward(new Variable(new Float32Array(8), { shape: [1, 2, 4] })),
      type: ShapeError,
      says: ['Deconv1D "up"', 'has 2 maps', 'inmaps 2'],
    },
    {
      title: 'padding that leaves nothing',
      make: () => new Deconv1D({ inmaps: 1, outmaps: 1, size: 2, pad: 1 }),
      run: (module) => module.forward([[[1]]]),
      type: ShapeError,
      says: ['nothing is left of the sequences of [1, 1, 1]', 'smaller pad'],
    },
    {
      title: 'as many further places as the stride',
      make: () => new Deconv1D({ inmaps: 1, outmaps: 1, size: 2, stride: 2, postpad: 2 }),
      type: ValueError,
      says: ['postpad', 'less than the stride of 2'],
    },
  ],
});

goldenSpec('Deconv1D', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: (
    {
      padding: pad,
      output_padding: postpad,
      ...window
    }: Record<'stride' | 'padding' | 'output_padding' | 'dilation' | 'groups', number>,
    { weight },
  ) => {
    const [inmaps, perGroup, size] = weight!.shape as [number, number, number];
    return new Deconv1D({ inmaps, outmaps: perGroup * window.groups, size, pad, postpad, ...window });
  },
  parameters: { weight: 'W', bias: 'b' },
});

describe('Deconv1D', () => {
  it('prints as the call that makes it', () => {
    expect(String(new Deconv1D({ inmaps: 2, outmaps: 3, size: 3, stride: 2, pad: 1, postpad: 1 }))).to.equal(
      'Deconv1D(2, 3, size=3, stride=2, pad=1, postpad=1)',
    );
  });
});
