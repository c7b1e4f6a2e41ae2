import { deconvolutionSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './deconv-3d.golden.js';
import { Deconv3D, type Deconv3DOptions } from './deconv-3d.js';

deconvolutionSpec('Deconv3D', {
  class: Deconv3D,
  make: (options: Deconv3DOptions) => new Deconv3D(options),
  axes: 3,
  cases: [
    { title: 'twice the size', options: { inmaps: 2, outmaps: 2, size: 2, stride: 2 }, shape: [2, 2, 2, 2, 3] },
    {
      title: 'windows that overlap, padding, dilation, further places',
      options: {
        ...{ inmaps: 1, outmaps: 2, size: 3, stride: [2, 1, 2], pad: 1 },
        ...{ dilation: [2, 1, 1], postpad: [1, 0, 1] },
      },
      shape: [1, 1, 2, 3, 2],
    },
    {
      title: 'one deep, the pad same, in two groups without a bias',
      options: {
        ...{ inmaps: 4, outmaps: 2, size: [1, 3, 2], stride: [1, 2, 1] },
        ...{ pad: 'same', groups: 2, useBias: false },
      },
      shape: [1, 4, 2, 2, 3],
    },
  ],
  otherShape: [1, 2, 3, 1, 2],
  goldens,
});

describe('Deconv3D', () => {
  it('prints as the call that makes it', () => {
    expect(String(new Deconv3D({ inmaps: 2, outmaps: 3, size: 3, stride: 2, pad: 1, postpad: 1 }))).to.equal(
      'Deconv3D(2, 3, size=3, stride=2, pad=1, postpad=1)',
    );
  });
});
