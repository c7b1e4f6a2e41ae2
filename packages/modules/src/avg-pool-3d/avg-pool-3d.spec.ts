import { poolingSpec, volumes } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './avg-pool-3d.golden.js';
import { AvgPool3D } from './avg-pool-3d.js';

poolingSpec('AvgPool3D', {
  class: AvgPool3D,
  make: (options) => new AvgPool3D(options),
  over: volumes,
  of: (values, padding, { includePad }) =>
    values.reduce((sum, value) => sum + value, 0) / (values.length + (includePad ? padding : 0)),
  choices: { includePad: false },
  goldens,
});

describe('AvgPool3D', () => {
  it('takes its arguments in the order of PuzzleLib, and prints as the call that makes it', () => {
    expect(String(new AvgPool3D(3, 1, 1, false))).to.equal('AvgPool3D(size=3, stride=1, pad=1, includePad=false)');
  });
});
