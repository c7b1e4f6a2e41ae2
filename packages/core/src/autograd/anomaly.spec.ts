import { AutogradError } from '@tessera-nn/kernels';
import { backendName, Holder, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import { detectAnomaly } from './anomaly.js';

class Log extends Holder {
  protected override updateData(x: Variable): Variable {
    return x.log();
  }
}

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

  it('names the module that the op ran in, where there is one', () => {
    const inside = () => detectAnomaly(() => new Log({}, { name: 'net' }).forward(new Variable([0])));
    expect(inside).to.throw(AutogradError, 'log in "net" returned').with.property('path', 'net');
    const outside = () => detectAnomaly(() => new Variable([0]).log());
    expect(outside).to.throw(AutogradError, 'log returned').with.property('path', 'log');
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
