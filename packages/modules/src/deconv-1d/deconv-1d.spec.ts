import { deconvolutionSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './deconv-1d.golden.js';
import { Deconv1D, type Deconv1DOptions } from './deconv-1d.js';

deconvolutionSpec('Deconv1D', {
  class: Deconv1D,
  make: (options: Deconv1DOptions) => new Deconv1D(options),
  axes: 1,
  cases: [
    { title: 'twice as long', options: { inmaps: 3, outmaps: 2, size: 2, stride: 2 }, shape: [2, 3, 4] },
    {
      title: 'windows that overlap, padding, dilation, further places',
      options: { inmaps: 2, outmaps: 2, size: 3, stride: 2, pad: 1, dilation: 2, postpad: 1 },
      shape: [2, 2, 4],
    },
    {
      title: 'the pad same, in two groups without a bias',
      options: { inmaps: 4, outmaps: 2, size: 3, stride: 2, pad: 'same', groups: 2, useBias: false },
      shape: [2, 4, 3],
    },
  ],
  otherShape: [1, 3, 5],
  goldens,
});

describe('Deconv1D', () => {
  it('prints as the call that makes it', () => {
    expect(String(new Deconv1D({ inmaps: 2, outmaps: 3, size: 3, stride: 2, pad: 1, postpad: 1 }))).to.equal(
      'Deconv1D(2, 3, size=3, stride=2, pad=1, postpad=1)',
    );
  });
});
