import { AutogradError } from '@tessera-nn/kernels';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import { detectAnomaly } from './anomaly.js';

describe(`detectAnomaly around ops [${backendName}]`, () => {
  onBackend();

  it('stops at the first that gives what is not finite, forward or backward', () => {
    const x = new Variable([0], { requiresGrad: true });
    expect(() => detectAnomaly(() => x.log())).to.throw(AutogradError, 'log returned NaN or an infinity');
    expect(() => detectAnomaly(() => x.sqrt().sum().backward())).to.throw(
      AutogradError,
      'The backward of sqrt returned',
    );
  });

  it('looks no further than its function, and each other one has its own', () => {
    const look = () => detectAnomaly(() => new Variable([0]).log());
    expect(() =>
      detectAnomaly(() => {
        expect(look).to.throw(AutogradError);
        new Variable([-1]).sqrt();
      }),
    ).to.throw(AutogradError, 'sqrt returned');
    expect(() => new Variable([0]).log()).not.to.throw();
  });
});
